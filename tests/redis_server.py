"""Redis server for the duration of a block, which a test can stop."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

PROGRAMS = ("redis-server", "valkey-server")


@dataclass
class RedisServer:
    """One that listens on a socket in a folder of its own."""

    socket: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def kill(self) -> None:
        """Without a farewell, as a machine that loses power."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Skips the test, and says so, where there is no such program."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("redis-server not found: what several servers share is not tested")
    folder = Path(tempfile.mkdtemp(prefix="redis-"))  # the path of a socket has to be short
    command = [program, "--port", "0", "--unixsocket", str(folder / "s"), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    try:
        said = b""
        for line in process.stdout:  # it says when it is ready
            said += line
            if b"ready to accept" in line.lower():
                break
        else:
            pytest.fail(f"{program} did not start: {said.decode(errors='replace')}")
        yield RedisServer(folder / "s", process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder)
