"""First page benchmark: from `streamlit run` to a dashboard in Chromium, and the next visit."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.browser import BROWSERS, browsing
from benchmarks.data import Bench
from benchmarks.measuring import ROOT, Answer, Line, environment, limit_line, median, run, say, seconds_text

FIRST_S = 3.0
PATIENCE_S = 60
SHOWN = """[...document.querySelectorAll("[data-testid=stMetricValue]")]
  .some(figure => /%s[.,]\\d+\\s*%%/.test(figure.textContent))"""
"""Condition: the sample's compliance rate is visible, in either language."""


def measure(bench: Bench) -> list[Line]:
    """With the bundled sample loaded; the browser is started before the clock."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return [Line("first page", "not measured: Chromium was not found")]
    with bench.scratch("home") as home:
        sample = run("benchmarks.imports:faxcloud", file=ROOT / "data" / "sample-export.csv", home=home)
        rate = f"{sample['valid'] / sample['rows']:.3%}"
        answers = [
            run("benchmarks.first_page:visits", home=home, browser=browser, rate=rate)
            for _ in range(bench.rounds)
        ]
    for answer in answers:
        say(f"  port {answer['port']:.2f} s, page {answer['seconds']:.2f} s, second {answer['second']:.2f} s")
    return [
        limit_line("first page after `streamlit run`: compliance is shown", median(answers), FIRST_S),
        Line("of that, until the server accepts connections", seconds_text(median(answers, "port"))),
        Line("a second visitor's first page", seconds_text(median(answers, "second"))),
        Line("the same visitor loads the page again", seconds_text(median(answers, "again"))),
    ]


def visits(home: str, browser: str, rate: str) -> Answer:
    """In the child process: start the server, then two visitors, the second of them twice."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    shown = SHOWN % rate.partition(".")[0]
    with browsing(browser) as chromium:
        first = chromium.visitor()
        started = time.perf_counter()
        with server(Path(home), port):
            opened = until_open(port)
            seconds = time.perf_counter() - started + first.open(address, shown)
            second = chromium.visitor()
            other, again = second.open(address, shown), second.open(address, shown)
    return {"seconds": seconds, "port": opened, "second": other, "again": again}


@contextmanager
def server(home: Path, port: int, settings: Mapping[str, str] = {}) -> Iterator[subprocess.Popen[bytes]]:
    """Run the application over a store for the duration of the block."""
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment() | {"FAXCLOUD_HOME": str(home), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def until_open(port: int) -> float:
    """Seconds until the server accepts connections."""
    started = time.perf_counter()
    while time.perf_counter() - started < PATIENCE_S:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.perf_counter() - started
        time.sleep(0.02)
    raise SystemExit("the server did not start")


def free_port() -> int:
    """Free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
