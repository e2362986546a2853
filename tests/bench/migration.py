"""Migrating dashboards from one sandbox to another, ours and the peer's."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from measure import Cost, cost
from ours import Sandbox

#: Milliseconds that each answer of either sandbox takes at least.
LATENCIES_MS = [0, 20, 50]
#: Dashboards to migrate.
DASHBOARDS = 200
#: Widgets in each.
WIDGETS = 12
#: Dashboards of the runs that look at memory, and the bytes of each.
LARGE = [200, 2000]
LARGE_BYTES = 60_000
#: Most requests that our client has under way at once.
CONCURRENCY = 8

#: Each tool with its arguments. The peer waits between its batches unless it is told not to, which
#: it is.
TOOLS = {
    "migration.migrate_all_dashboards": lambda _: {"action": "overwrite", "batch_size": 10, "sleep_time": 0},
    "migration.migrate_dashboards": lambda source: {"action": "overwrite", "dashboard_ids": ids(source)},
}


@dataclass
class Side:
    """What a migration cost, and what it asked of the source and of the target."""

    cost: Cost
    source: dict
    target: dict
    #: How many dashboards the target has now.
    there: int
    #: Seconds from the start of the process to its first request.
    first: float

    @property
    def requests(self) -> int:
        return self.source["total"] + self.target["total"]


def known(binary: str) -> set[str]:
    """The tools of this set that the binary has."""
    listed = subprocess.run([binary, "tools", "list", "--json"], capture_output=True, text=True, timeout=60, check=True)
    return {tool["id"] for tool in json.loads(listed.stdout)} & TOOLS.keys()


def migrate(binary: str, peer: bool, tool: str, dashboards: int, latency: int, *flags: str) -> Side:
    """Migrate between two fresh sandboxes."""
    source = Sandbox(binary, "--name", "source", "--no-story", "--dashboards", str(dashboards), *flags)
    target = Sandbox(binary, "--name", "target", "--no-story")
    try:
        args = TOOLS[tool](source)
        for sandbox in (source, target):
            sandbox.latency(latency)
        run = theirs if peer else ours
        started = time.time()
        spent = run(binary, tool, args, source, target)
        first = min(one["at_ms"] for side in (source, target) for one in own(side, "requests")) / 1000 - started
        return Side(spent, asked(source), asked(target), there(target), first)
    finally:
        source.stop()
        target.stop()


def ours(binary: str, tool: str, args: dict, source: Sandbox, target: Sandbox) -> Cost:
    with tempfile.TemporaryDirectory(prefix="fes-bench-") as state:
        places = ["--deployment", f"source={source.url}", "--deployment", f"target={target.url}",
                  "--source", "source", "--target", "target"]
        tokens = {"FES_TOKEN_SOURCE": source.token, "FES_TOKEN_TARGET": target.token}
        given = Path(state) / "args.json"
        given.write_text(json.dumps(args), encoding="utf-8")
        call = ["tools", "call", tool, "--args", f"@{given}", "--approve", "--json"]
        return cost([binary, "--state-dir", state, *places, *call], tokens)


def theirs(_binary: str, tool: str, args: dict, source: Sandbox, target: Sandbox) -> Cost:
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        given = {"tool": tool.split(".")[1], "args": args, "folder": folder,
                 "places": [[place.url, place.token] for place in (source, target)]}
        text = Path(folder) / "given.json"
        text.write_text(json.dumps(given), encoding="utf-8")
        script = Path(__file__).resolve().parent / "peer_migration.py"
        whole = cost([sys.executable, str(script), str(text)], dict(os.environ))
    # Its time and work without its start, which is Python's and not its own.
    work = json.loads(whole.text.splitlines()[-1])
    return Cost(work["seconds"], work["cpu"], whole.peak, whole.text)


def asked(sandbox: Sandbox) -> dict:
    counts = sandbox.counts()
    return {"total": counts["total"], "most": counts["most_in_flight"]}


def own(sandbox: Sandbox, what: str) -> dict:
    """What a sandbox tells of itself: asking for it is no request."""
    with urllib.request.urlopen(f"{sandbox.url}/__sandbox/{what}", timeout=120) as answer:
        return json.load(answer)


def there(sandbox: Sandbox) -> int:
    return own(sandbox, "info")["counts"]["dashboards"]


def ids(sandbox: Sandbox) -> list[str]:
    dashboards = own(sandbox, "state")["dashboards"]
    return sorted(dashboards if isinstance(dashboards, dict) else (one["oid"] for one in dashboards))


def row(who: str, latency: int, side: Side) -> list:
    spent = side.cost
    return [who, latency, side.there, side.source["total"], side.target["total"], side.source["most"],
            side.target["most"], f"{spent.seconds:.2f}", f"{spent.cpu:.2f}", f"{spent.peak:.0f}"]


def ratio(theirs: float, ours: float) -> str:
    return f"{theirs / ours:.2f}" if ours else "-"


def compare(binary: str, table) -> None:
    """The same migration by both, at several latencies."""
    has = known(binary)
    for tool in sorted(TOOLS.keys() - has):
        print(f"{tool}: not measured, since {binary} does not have it\n")
    build = Path(binary).resolve().parent.name
    for tool in sorted(has):
        rows, ratios = [], []
        for latency in LATENCIES_MS:
            mine = migrate(binary, False, tool, DASHBOARDS, latency, "--widgets", str(WIDGETS))
            other = migrate(binary, True, tool, DASHBOARDS, latency, "--widgets", str(WIDGETS))
            rows += [row("ours", latency, mine), row("peer", latency, other)]
            # No client with this many requests at once can be done sooner, once it asks at all: the
            # peer's time is without its start too.
            least = mine.requests / CONCURRENCY * latency / 1000
            asking = mine.cost.seconds - mine.first
            ratios.append([latency, ratio(other.requests, mine.requests),
                           ratio(other.cost.seconds, mine.cost.seconds), ratio(other.cost.cpu, mine.cost.cpu),
                           ratio(other.cost.peak, mine.cost.peak), ratio(mine.cost.seconds, least), ratio(asking, least)])
        print(f"{tool}, {DASHBOARDS} dashboards, {build} build, the peer without its sleeps and its start:\n")
        table(["who", "ms", "migrated", "req. S", "req. T", "in flight S", "in flight T", "seconds", "CPU s",
               "peak MiB"], rows)
        print(f"peer/ours, and our seconds / (our requests / {CONCURRENCY} x latency), with the start of the process "
              "and from its first request on:\n")
        table(["ms", "requests", "seconds", "CPU", "memory", "of the least", "once it asks"], ratios)


def memory(binary: str, table) -> None:
    """Our memory when there are many large dashboards."""
    tool = "migration.migrate_all_dashboards"
    if tool not in known(binary):
        return
    rows, peaks = [], []
    for dashboards in LARGE:
        side = migrate(binary, False, tool, dashboards, 0, "--widgets", str(WIDGETS),
                       "--widget-bytes", str(LARGE_BYTES))
        peaks.append(side.cost.peak)
        rows.append(row("ours", 0, side))
    print(f"dashboards of {LARGE_BYTES // 1000} KB:\n")
    table(["who", "ms", "migrated", "req. S", "req. T", "in flight S", "in flight T", "seconds", "CPU s",
           "peak MiB"], rows)
    print(f"{LARGE[-1] / LARGE[0]:.0f} x the dashboards, {peaks[-1] / peaks[0]:.2f} x the peak memory\n")
