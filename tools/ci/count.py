"""Counts a Bazel run's tests from its build event file and prints `N passed, N failed`.

A test that does not build has no summary, so it is counted from its configured target. The exit
code is 1 when anything failed, nothing was tested or the run did not finish.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path


def count(lines: Iterable[str]) -> tuple[int, int, bool]:
    """Return (passed, failed, finished) of one run.

    Args:
        lines: the lines of a file that `--build_event_json_file` wrote.
    """
    tests: set[str] = set()
    passed: set[str] = set()
    finished = False
    for line in lines:
        event = json.loads(line)
        identity = event["id"]
        if "targetConfigured" in identity and "testSize" in event.get("configured", {}):
            tests.add(identity["targetConfigured"]["label"])
        if event.get("testSummary", {}).get("overallStatus") == "PASSED":
            passed.add(identity["testSummary"]["label"])
        if "finished" in event:
            finished = event["finished"].get("exitCode", {}).get("name") == "SUCCESS"
    return len(passed), len(tests - passed), finished


def main(path: Path) -> int:
    """Print the count of the run recorded in `path` and return the exit code."""
    with path.open(encoding="utf-8") as events:
        passed, failed, finished = count(events)
    if not finished:
        print("the run did not succeed", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return 0 if finished and passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
