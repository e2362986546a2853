"""Ask both sides the same questions of one sandbox and compare field by field.

    python run.py --binary target/debug/fes-mcp
"""

import argparse
import json
import sys
from collections import Counter

import cases
from ours import Ours, Sandbox
from peer import Peer


def differ(mine, theirs, path="") -> list[str]:
    """Every place where the two are not the same."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        keys = sorted(set(mine) | set(theirs))
        return [line for key in keys for line in differ(mine.get(key), theirs.get(key), f"{path}.{key}")]
    if isinstance(mine, list) and isinstance(theirs, list):
        left, right = (Counter(json.dumps(row, sort_keys=True) for row in side) for side in (mine, theirs))
        return [f"{path}: only ours: {row}" for row in left - right] + [
            f"{path}: only theirs: {row}" for row in right - left
        ]
    return [] if mine == theirs else [f"{path}: ours {mine!r}, theirs {theirs!r}"]


def compare(case: cases.Case, answer, theirs) -> list[str]:
    """What differs and is not listed. Marks the listed differences that were needed."""
    mine = case.ours(answer)
    for difference in case.differences:
        if not differ(mine, theirs):
            break
        changed = difference.apply(mine, theirs)
        if changed != mine:
            difference.needed = True
            mine = changed
    return differ(mine, theirs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--binary", required=True, help="path of the fes-mcp binary")
    binary = parser.parse_args().binary

    sandbox = Sandbox(binary)
    failed = 0
    longer: set[str] = set()
    try:
        peer, ours = Peer(sandbox.url, sandbox.token), Ours(binary, sandbox.url, sandbox.token)
        all_cases = cases.build(peer)
        for case in all_cases:
            try:
                answer, mine = sandbox.counting(lambda: ours.call(case.tool, case.args))
                theirs, peers = sandbox.counting(case.theirs)
                lines = compare(case, answer, theirs)
                if mine > peers and case.tool in cases.MORE_REQUESTS:
                    longer.add(case.tool)
                elif mine > peers:
                    lines.append(f"requests: {mine}, the peer needs {peers}")
            except (RuntimeError, KeyError, TypeError, IndexError) as error:
                lines = [f"{type(error).__name__}: {error}"]
            if lines:
                failed += 1
                print(f"DIFFERENT {case.tool} {json.dumps(case.args)}")
                print("\n".join(f"    {line}" for line in lines[:12]))
    finally:
        sandbox.stop()

    known = {id(d): d for case in all_cases for d in case.differences}.values()
    print("\nknown differences:")
    for difference in known:
        print(f"  {'seen ' if difference.needed else 'STALE'}  {difference.reason}")
    for tool, reason in cases.MORE_REQUESTS.items():
        print(f"  {'seen ' if tool in longer else 'STALE'}  more requests of {tool}: {reason}")
    stale = len(cases.MORE_REQUESTS.keys() - longer) + sum(not difference.needed for difference in known)
    print(f"\n{len(all_cases) - failed} passed, {failed + stale} failed")
    return 1 if failed or stale else 0


if __name__ == "__main__":
    sys.exit(main())
