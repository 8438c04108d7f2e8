"""HTTP load generator in a second process: keep-alive connections with one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle

from benchmarks.measuring import Answer


def drive(port: int, paths: Sequence[str], connections: int, seconds: float, repeats: bool = True) -> Answer:
    """In the child process: request the paths in turn over so many connections; latencies in seconds.

    Args:
        repeats: Start again after the last path; otherwise stop there, however early.
    """
    return asyncio.run(_drive(port, paths, connections, seconds, repeats=repeats))


async def _drive(
    port: int, paths: Sequence[str], connections: int, seconds: float, *, repeats: bool
) -> Answer:
    requests = iter(cycle(paths) if repeats else paths)
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    started = time.perf_counter()
    workers = [_ask(port, requests, started + seconds, latencies, statuses) for _ in range(connections)]
    await asyncio.gather(*workers)
    elapsed = time.perf_counter() - started
    latencies.sort()
    return {
        "seconds": elapsed,
        "requests": len(latencies),
        "per_second": len(latencies) / elapsed,
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[int(len(latencies) * 0.99)],
        "worst": latencies[-1],
        "statuses": {str(status): count for status, count in statuses.items()},
    }


async def _ask(
    port: int, requests: Iterator[str], until: float, latencies: list[float], statuses: Counter[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in requests:
        started = time.perf_counter()
        if started > until:
            break
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )
        status = await _answer(reader)
        latencies.append(time.perf_counter() - started)
        statuses[status] += 1
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one response to its end; returns its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    status = int(head[0].split(" ")[1])
    if "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
    elif fields.get("transfer-encoding") == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    return status
