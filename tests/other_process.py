"""Another process that runs `faxcloud` commands, one after another: the start of Python is paid once."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class OtherProcess:
    """The process, seen from the test."""

    def __init__(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("FAXCLOUD_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.other_process"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, home: Path, *command: str) -> None:
        """Run a command over the store in `home`; it has to succeed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(home), *command]) + "\n")
        self._process.stdin.flush()
        code, said = json.loads(self._process.stdout.readline())
        assert code == 0, said

    def close(self) -> None:
        """End it by closing its stdin."""
        self._process.communicate()


@contextlib.contextmanager
def other_process() -> Iterator[OtherProcess]:
    """The process for as long as the block runs."""
    process = OtherProcess()
    try:
        yield process
    finally:
        process.close()


def _serve() -> None:
    from faxcloud.cli import run

    for line in sys.stdin:
        home, *command = json.loads(line)
        os.environ["FAXCLOUD_HOME"] = home
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(command)
        print(json.dumps([code, said.getvalue()]), flush=True)


if __name__ == "__main__":
    _serve()
    os._exit(0)  # as `faxcloud` itself ends: DuckDB complains about what is left at an orderly end
