"""Page load and click benchmark in Chromium: the first page, then every page and filter."""

from __future__ import annotations

import re
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.browser import BROWSERS, PATIENCE_S, browsing
from benchmarks.data import Bench
from benchmarks.first_page import free_port, server, until_open
from benchmarks.measuring import Answer, Line, limit_line, rows_text, run, say, seconds_text
from faxcloud.ui.navigation import PLACES

FIRST_S = 3.0
CLICK_S, CLICK_LARGE_S = 1.0, 2.0
VISITORS = 3
LONGEST_END = 1000
"""Bytes; of what draws, only some is as short as what says that it is drawn."""
FIGURES = 'document.querySelectorAll("[data-testid=stMetricValue], .js-plotly-plot .main-svg").length > 6'
"""Condition: the six KPI cards and a chart are visible."""
DRAWN = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  return app !== null && app.dataset.testScriptState === "notRunning"
    && document.querySelector("[data-stale=true], [data-testid=stSkeleton]") === null;
}"""
"""Nothing on the page waits for a run of the script. Before a run has begun that is so too."""


TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True)
class Click:
    """Action of a visitor."""

    name: str
    do: Callable[[Any], None]


def measure(bench: Bench) -> list[Line]:
    """Measure with one and with ten million rows; the data is in the operating system's cache for both."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return [Line("clicks", "not measured: Chromium was not found")]
    lines: list[Line] = []
    for rows, limit in ((bench.small_rows, CLICK_S), (bench.rows, CLICK_LARGE_S)):
        with bench.copy_of_store(rows) as home:
            answer = run("benchmarks.clicks:visits", home=home, browser=browser, visitors=VISITORS)
        lines += _lines(rows, answer, limit)
    return lines


def _lines(rows: int, answer: Answer, limit: float) -> list[Line]:
    clicks: dict[str, list[float]] = answer["clicks"]
    taken = [seconds for each in clicks.values() for seconds in each]
    p95 = statistics.quantiles(taken, n=20)[-1]
    slowest = sorted(clicks, key=lambda name: -statistics.median(clicks[name]))
    for name in slowest:
        say(f"  {name}: {', '.join(seconds_text(each) for each in clicks[name])}")
    of = f"at {rows_text(rows)} rows"
    return [
        limit_line(f"first interactive page {of}", max(answer["first"]), FIRST_S),
        limit_line(f"{len(taken)} clicks {of}, 95th percentile", p95, limit),
        Line(f"{len(taken)} clicks {of}, median", seconds_text(statistics.median(taken))),
        Line(
            f"slowest kind of click {of}: {slowest[0]}", seconds_text(statistics.median(clicks[slowest[0]]))
        ),
    ]


def visits(home: str, browser: str, visitors: int) -> Answer:
    """In the child process: consecutive visitors, each in a new browser window."""
    from playwright.sync_api import sync_playwright

    port = free_port()
    address = f"http://127.0.0.1:{port}/?refresh=0"
    taken: dict[str, list[float]] = {}
    with sync_playwright() as playwright, server(Path(home), port):
        until_open(port)
        with browsing(browser) as chromium:
            first = [chromium.visitor().open(address, f"{FIGURES} && ({DRAWN})()") for _ in range(visitors)]
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for _ in range(visitors):
            context = chromium.new_context(locale="en-GB", viewport={"width": 1440, "height": 1000})
            context.set_default_timeout(PATIENCE_S * 1000)
            page = context.new_page()
            with page.expect_websocket() as socket:
                page.goto(address, wait_until="commit")
            page.wait_for_function(f"() => {FIGURES} && ({DRAWN})()")
            for click in CLICKS:
                taken.setdefault(click.name, []).append(_timed(page, socket.value, click))
            context.close()
        chromium.close()
    return {"first": first, "clicks": taken, "seconds": max(first)}


def _timed(page: Any, socket: Any, click: Click) -> float:
    """Seconds from a click until the script run that it requests is over and drawn."""
    started = time.perf_counter()
    with socket.expect_event("framereceived", _ends_a_run):
        click.do(page)
    page.evaluate(TWO_FRAMES)  # process and draw what has arrived
    page.wait_for_function(DRAWN)
    return time.perf_counter() - started


def _ends_a_run(frame: str | bytes) -> bool:
    """Whether a server message ends a complete run of the script, not a fragment or an interrupted run.

    The page itself cannot be used for this: the state of a short run may never be visible.
    """
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    if isinstance(frame, str) or len(frame) > LONGEST_END:
        return False
    message = ForwardMsg.FromString(frame)
    return message.WhichOneof("type") == "script_finished" and (
        message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    )


def _go_to(title: str) -> Callable[[Any], None]:
    section = next(place.section for place in PLACES if place.title == title)

    def go(page: Any) -> None:
        if section:
            page.get_by_role("button", name=section, exact=True).click()
        page.get_by_role("menuitem" if section else "link", name=title, exact=True).click()

    return go


def _option(key: str, option: str) -> Callable[[Any], None]:
    def choose(page: Any) -> None:
        page.locator(f".st-key-{key} input").first.click()
        page.get_by_role("option").filter(has_text=option).first.click()

    return choose


def _radio(name: str) -> Callable[[Any], None]:
    return lambda page: page.get_by_role("radio", name=re.compile(re.escape(name))).first.click()


BEFORE = ("dashboard", "explore")
CLICKS = (
    Click("dashboard: last 30 days", _option("filter_period", "Last 30 days")),
    Click("dashboard: sent only", _radio("Sent (SF)")),
    Click("dashboard: all dates", _option("filter_period", "All dates")),
    Click("to Explore", _go_to("Explore")),
    Click("explore: invalid only", _radio("Invalid")),
    Click("explore: wrong numbers", lambda page: page.get_by_role("tab", name="Wrong numbers").click()),
    Click("explore: faxes", lambda page: page.get_by_role("tab", name="Faxes").click()),
    *(Click(f"to {place.title}", _go_to(place.title)) for place in PLACES if place.name not in BEFORE),
    Click("to Dashboard", _go_to("Dashboard")),
    Click("in French", _radio("FR")),
)
