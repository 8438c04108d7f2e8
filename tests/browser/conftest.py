"""Browser fixtures: the real app in Chromium, one server for all tests, an empty store for each test."""

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from faxcloud.config import Settings
from faxcloud.services.sample.export import SampleFacts, sample_path, write_sample
from faxcloud.wiring import Services, build

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # All pages of a visitor's session in one process: it has compiled our scripts already.
    "--process-per-site",
    "--disable-features=SpareRendererForSitePerProcess",
]
PATIENCE_MS = 60_000
MOST_TOLD = 4_000
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
BUNDLED_ROWS, BUNDLED_SEED = 4_800, 9

STREAMLITS_OWN = (
    "Streamlit server is not responding",
    "The page that you have requested does not seem to exist",
)

Visit = Callable[..., Page]
SAME_SITE = "http://127.0.0.1/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of xdist's workers has a server, a browser and a store of its own."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails tells what its pages said and what its servers wrote: elsewhere nobody can look."""
    report = yield
    if report.when == "call" and report.failed and isinstance(item, pytest.Function):
        for name, value in item.funcargs.items():
            if isinstance(value, Server):
                log = value.log.read_text("utf-8", errors="replace")
                report.sections.append((f"log of {name}", log[-MOST_TOLD:]))
            elif isinstance(value, Page):
                with contextlib.suppress(PlaywrightError):
                    text = value.locator("body").inner_text(timeout=5_000)
                    report.sections.append((f"{name} at {value.url}", text[:MOST_TOLD]))
    return report


@dataclasses.dataclass(frozen=True)
class Server:
    """A running app."""

    address: str
    home: Path
    log: Path

    def tracebacks(self) -> int:
        return self.log.read_text("utf-8", errors="replace").count("Traceback")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("Chromium was not found: none of " + ", ".join(BROWSERS))
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


class Visitors:
    """Browser sessions, emptied and used again: in a warm process a page takes half the time."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {language: [] for language in LOCALES}
        self._taken: list[tuple[str, BrowserContext, Page]] = []

    def arrive(self, language: str = "en", width: int = 1440, height: int = 2_000) -> Page:
        """An empty page of somebody without cookies."""
        context = self._free[language].pop() if self._free[language] else self._session(language)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        self._taken.append((language, context, page))
        return page

    def _session(self, language: str) -> BrowserContext:
        context = self._browser.new_context(
            locale=LOCALES[language], timezone_id="Europe/Paris", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        # The process lives as long as a page of the site is open.
        anchor = context.new_page()
        anchor.route("**/*", lambda route: route.fulfill(body="open"))
        anchor.goto(SAME_SITE)
        return context

    def leave(self) -> None:
        """Close the pages of one test and delete what they stored."""
        for language, context, page in self._taken:
            place = urlsplit(page.url)
            anchor, *opened = context.pages
            for each in opened:
                each.close()
            context.clear_cookies()
            devtools = context.new_cdp_session(anchor)
            origin = f"{place.scheme}://{place.netloc}"
            devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
            devtools.detach()
            self._free[language].append(context)
        self._taken.clear()


@pytest.fixture(scope="session")
def _sessions(browser: Browser) -> Visitors:
    return Visitors(browser)


@pytest.fixture
def visitors(_sessions: Visitors) -> Iterator[Visitors]:
    """Visitors of one test, each with a session of their own."""
    yield _sessions
    _sessions.leave()


@pytest.fixture(scope="session")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`streamlit run` on a free port, as its users start it."""
    with serving(tmp_path_factory.mktemp("browser")) as running:
        yield running


@contextlib.contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """A server over a store below that folder, with these variables besides."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Server(f"http://127.0.0.1:{port}", folder / "home", folder / "server.log")
    with running.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
            cwd=ROOT,
            env=environment(running.home) | settings,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    with process, process.stdout:
        # It prints its address once it listens, and nothing more.
        assert any(str(port).encode() in line for line in process.stdout), running.log.read_text("utf-8")
        try:
            yield running
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def environment(home: Path) -> dict[str, str]:
    """Ours, with no FAXCLOUD_ variable but the store's place."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAXCLOUD_")}
    return {**kept, "FAXCLOUD_HOME": str(home), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def _opened(server: Server) -> Iterator[Services]:
    services = build(Settings(home=server.home))
    yield services
    services.close()


@pytest.fixture(scope="session")
def _loaded() -> dict[str, Any]:
    """State of the store right after the sample was imported."""
    return {}


@pytest.fixture
def services(_opened: Services, _loaded: dict[str, Any], request: pytest.FixtureRequest) -> Services:
    """The server's store, from another process than the server's: empty, or with the sample alone."""
    _opened.rulesets.activate("faxcloud-3")
    if "sample" not in request.fixturenames or _state(_opened) != _loaded:
        for report in _opened.reports.list():
            _opened.reports.delete(report["report_id"])
    return _opened


def _state(services: Services) -> dict[str, Any]:
    return {"reports": services.reports.list(), "version": services.summaries.version()}


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> SampleFacts:
    """What the bundled export holds, known from its making and not from our reading."""
    return write_sample(tmp_path_factory.mktemp("sample") / "sample.csv", BUNDLED_ROWS, BUNDLED_SEED)


@pytest.fixture
def sample(services: Services, facts: SampleFacts, _loaded: dict[str, Any]) -> SampleFacts:
    """The bundled export is in the store."""
    if not services.reports.list():
        services.imports.import_file(sample_path(), is_sample=True)
        _loaded.update(_state(services))
    return facts


@pytest.fixture
def visit(visitors: Visitors, server: Server, services: Services) -> Iterator[Visit]:
    """Opens a page as a visitor of their own; none may end with an error, in the browser or in the log.

    The window is tall: what is out of sight, Streamlit does not draw.
    """
    before = server.tracebacks()
    problems: list[str] = []

    def open_page(path: str = "/", language: str = "en", width: int = 1440, height: int = 2_000) -> Page:
        page = visitors.arrive(language, width, height)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.extend(_errors_of_ours(message)))
        page.goto(server.address + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield open_page
    assert problems == []
    assert server.tracebacks() == before


def _errors_of_ours(message: ConsoleMessage) -> list[str]:
    """Streamlit's own are left out: at /explore it looks for its server at /explore/_stcore first."""
    said = f"{message.text} {message.location['url']}"
    known = "/_stcore/" in said or said.startswith(STREAMLITS_OWN)
    return [said] if message.type == "error" and not known else []
