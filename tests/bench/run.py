"""What work costs: requests per tool beside the peer's, memory at scale, and migrations.

    python run.py --binary target/debug/fes-mcp [requests] [scale] [migration] [timeline]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

import cases
import migration as migrations
import timeline as timelines
from measure import cost
from ours import Ours, Sandbox
from peer import Peer

#: The tools that walk a whole deployment.
WALKS = [
    ("access.get_unused_columns_bulk", {"datamodels": ["*"]}),
    ("wellcheck.run_full_wellcheck", {"dashboards": ["*"], "datamodels": ["*"]}),
]
#: Milliseconds that each answer of the sandbox takes at least.
LATENCY_MS = 20
#: Users, groups, dashboards, widgets in each, data models.
SIZES = [(100, 10, 100, 12, 5), (1000, 50, 1000, 12, 50)]


def table(head: list[str], rows: list[list]) -> None:
    lines = [head, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    for line in lines:
        first, *rest = (cell.ljust(width) if at == 0 else cell.rjust(width)
                        for at, (cell, width) in enumerate(zip(line, widths)))
        print("  ".join([first, *rest]).rstrip())
    print()


def requests(binary: str) -> None:
    sandbox = Sandbox(binary)
    try:
        peer, ours = Peer(sandbox.url, sandbox.token), Ours(binary, sandbox.url, sandbox.token)
        sums: dict[str, list[int]] = {}
        for case in cases.build(peer):
            theirs = sandbox.counting(case.theirs)[1]
            mine = sandbox.counting(lambda: ours.call(case.tool, case.args))[1]
            row = sums.setdefault(case.tool, [0, 0, 0])
            for at, more in enumerate((1, mine, theirs)):
                row[at] += more
    finally:
        sandbox.stop()
    print("requests, summed over the calls:\n")
    table(["tool", "calls", "ours", "peer", "peer/ours"],
          [[tool, calls, mine, theirs, f"{theirs / mine:.1f}" if mine else "-"]
           for tool, (calls, mine, theirs) in sums.items()])


def walk(binary: str, sandbox: Sandbox, tool: str, args: dict) -> tuple[dict, float, float]:
    """The sandbox's counts, the process's peak memory in MiB, and seconds."""
    before = sandbox.counts()["total"]
    with tempfile.TemporaryDirectory(prefix="fes-bench-") as state:
        spent = cost(
            [binary, "--state-dir", state, "tools", "call", tool, "--args", json.dumps(args), "--json"],
            {"SISENSE_TOKEN": sandbox.token, "SISENSE_URL": sandbox.url},
        )
    counts = sandbox.counts()
    counts["total"] -= before
    return counts, spent.peak, spent.seconds


def scale(binary: str) -> None:
    rows, peaks = [], {}
    for users, groups, dashboards, widgets, models in SIZES:
        for tool, args in WALKS:
            # A sandbox of its own, so that the most in flight is that of this call.
            sandbox = Sandbox(binary, "--users", str(users), "--groups", str(groups), "--dashboards",
                              str(dashboards), "--widgets", str(widgets), "--models", str(models))
            sandbox.latency(LATENCY_MS)
            try:
                counts, peak, seconds = walk(binary, sandbox, tool, args)
            finally:
                sandbox.stop()
            peaks.setdefault(tool, []).append(peak)
            rows.append([tool, users, dashboards, models, counts["total"], counts["most_in_flight"],
                         f"{peak:.0f}", f"{seconds:.1f}"])
    print(f"whole deployments, {LATENCY_MS} ms per answer (users, dashboards and models are on top of the story):\n")
    table(["tool", "users", "dashboards", "models", "requests", "in flight", "peak MiB", "seconds"], rows)
    growth = SIZES[-1][2] / SIZES[0][2]
    for tool, (small, large) in peaks.items():
        print(f"{tool}: {growth:.0f} x the dashboards, {large / small:.2f} x the peak memory")


def migration(binary: str) -> None:
    migrations.compare(binary, table)
    migrations.memory(binary, table)


def timeline(binary: str) -> None:
    timelines.timeline(binary, table)


PARTS = {"requests": requests, "scale": scale, "migration": migration, "timeline": timeline}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--binary", required=True, help="path of the fes-mcp binary")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to measure; all by default")
    chosen = parser.parse_args()
    for part in chosen.parts or PARTS:
        PARTS[part](chosen.binary)


if __name__ == "__main__":
    main()
