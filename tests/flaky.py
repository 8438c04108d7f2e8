"""Failure rate of each test over several runs: `python -m tests.flaky RUNS [arguments of pytest]`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def failed_tests(report: Path) -> set[str]:
    """Names of the tests that failed, from a JUnit report of pytest."""
    return {
        f"{case.get('classname')}::{case.get('name')}"
        for case in ElementTree.parse(report).iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    }


def main(runs: int, arguments: list[str]) -> int:
    """Run the tests that often and print a line for each test that failed; 1 where one did."""
    failures: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, runs + 1):
            report = Path(folder, f"{number}.xml")
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
            code = subprocess.run([*command, f"--junitxml={report}"]).returncode
            if code not in (0, 1):
                return code  # nothing was collected, or pytest was interrupted
            failures.update(failed_tests(report))
            print(f"run {number} of {runs}: {len(failures)} tests have failed at least once", flush=True)
    for name, count in failures.most_common():
        print(f"{count / runs:6.0%}  {count} of {runs}  {name}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
