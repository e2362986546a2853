"""When each request of a migration was under way, on source and target."""

import os
import time

import migration as migrations
from ours import Sandbox

LATENCY_MS = 50
TOOL = "migration.migrate_all_dashboards"


def timeline(binary: str, table) -> None:
    """A line per group of the same requests that overlap, and the time in which none was under way."""
    if TOOL not in migrations.known(binary):
        return
    source = Sandbox(binary, "--name", "source", "--no-story", "--dashboards", str(migrations.DASHBOARDS),
                     "--widgets", str(migrations.WIDGETS))
    target = Sandbox(binary, "--name", "target", "--no-story")
    try:
        for sandbox in (source, target):
            sandbox.latency(LATENCY_MS)
        started = time.time() * 1000
        spent = migrations.ours(binary, TOOL, migrations.TOOLS[TOOL](source), source, target)
        requests = [one for name, sandbox in (("source", source), ("target", target))
                    for one in spans(name, migrations.own(sandbox, "requests"), started)]
    finally:
        source.stop()
        target.stop()
    rows = [[name, call, count, f"{begin:.0f}", f"{end:.0f}"] for name, call, count, begin, end in groups(requests)]
    print(f"{TOOL}, {migrations.DASHBOARDS} dashboards at {LATENCY_MS} ms, milliseconds since the start of the process:\n")
    table(["side", "request", "count", "from", "to"], rows)
    whole, busy = spent.seconds * 1000, covered(requests)
    first = min(begin for _, _, begin, _ in requests)
    print(f"{whole:.0f} ms in all: {first:.0f} until the first request, {busy:.0f} with a request under way, "
          f"{whole - first - busy:.0f} between and after; load of the machine {os.getloadavg()[0]:.1f}\n")


def spans(name: str, entries: list[dict], started: float) -> list[tuple]:
    return [(name, f"{one['method']} {one['path']}", one["at_ms"] - started, one["at_ms"] - started + one["ms"])
            for one in entries]


def groups(requests: list[tuple]) -> list[tuple]:
    """Requests of the same kind that overlap, as one."""
    open_: dict[tuple, list] = {}
    done = []
    for name, call, begin, end in sorted(requests, key=lambda one: one[2]):
        known = open_.get((name, call))
        if known and begin <= known[4]:
            known[2] += 1
            known[4] = max(known[4], end)
            continue
        open_[name, call] = group = [name, call, 1, begin, end]
        done.append(group)
    return sorted((tuple(group) for group in done), key=lambda one: one[3])


def covered(requests: list[tuple]) -> float:
    """Milliseconds in which at least one request was under way."""
    total, until = 0.0, 0.0
    for _, _, begin, end in sorted(requests, key=lambda one: one[2]):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total
