"""Pictures of the real app with the sample, for README and user guide: `python docs/pictures.py [folder]`.

Starts a server of its own over a store of its own, and drives it with Playwright in the Chromium it finds.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typst
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from faxcloud.config import Settings
from faxcloud.domain.alerts import AlertRule
from faxcloud.domain.filters import Filters
from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.domain.schedules import Schedule
from faxcloud.i18n import translator
from faxcloud.services.actors import Actor, acting
from faxcloud.services.papers.pdf import contents_of
from faxcloud.wiring import Services, build

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 60
SETTLE_MS = 2_500


def nothing(_page: Page) -> None:
    """The page as it opens."""


def pick_row(page: Page, table: str, row: int) -> None:
    """Select a row of a table, which is one canvas: by its place."""
    box = page.locator(f"{table} canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 18 + 35 * row)


def open_a_fax(page: Page) -> None:
    pick_row(page, "[class*='st-key-rows-']", 4)
    page.get_by_role("dialog").wait_for()


def open_an_import(page: Page) -> None:
    pick_row(page, ".st-key-imports", 1)
    page.locator(".st-key-one-report").wait_for()


def try_a_ruleset(page: Page) -> None:
    page.get_by_role("tab").nth(1).click()
    page.locator(".st-key-trial-ruleset input").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".st-key-try button").click()
    page.locator(".st-key-run button").wait_for()


@dataclass(frozen=True)
class Picture:
    """One picture: where, in which language and theme, how wide, and what is done first."""

    name: str
    address: str
    language: str = "en"
    theme: str = "light"
    width: int = 1440
    height: int = 900
    act: Callable[[Page], None] = nothing


def arrange(page: Page) -> None:
    page.locator(".st-key-arrange button, .st-key-arrange").first.click()


GUIDE = {
    "dashboard": ("/?period=30d", 1700),
    "explore": ("/explore?status=invalid", 900),
    "users": ("/users", 1000),
    "usage": ("/usage", 1300),
    "corrections": ("/corrections", 1300),
    "imports": ("/imports", 1000),
    "report": ("/report?period=30d", 1100),
    "mailings": ("/mailings", 800),
    "alerts": ("/alerts", 800),
    "rules": ("/rules", 1080),
    "help": ("/help", 800),
    "admin": ("/admin", 760),
}
"""The pages with their heights: in both languages and themes, on a desk and on a telephone."""

ACTS: dict[str, Callable[[Page], None]] = {
    "explore": open_a_fax,
    "imports": open_an_import,
    "rules": try_a_ruleset,
}

PHONE = {"width": 390, "height": 844}

PICTURES = (
    *(Picture(name, at, height=tall, act=ACTS.get(name, nothing)) for name, (at, tall) in GUIDE.items()),
    *(Picture(f"{name}-fr", at, "fr", height=tall) for name, (at, tall) in GUIDE.items()),
    *(Picture(f"{name}-dark", at, theme="dark") for name, (at, _) in GUIDE.items()),
    *(Picture(f"{name}-phone", at, **PHONE) for name, (at, _) in GUIDE.items()),
    *(Picture(f"{name}-phone-dark-fr", at, "fr", "dark", **PHONE) for name, (at, _) in GUIDE.items()),
    Picture("arrange", "/?period=30d", height=1100, act=arrange),
)


def prepare(home: Path) -> None:
    """What a house has set up after a while: prices, a rule that is broken, a mail every month."""
    services = build(Settings(home=home))
    with acting(Actor("local", "admin")):  # whoever visits a server without keys
        set_up(services)
    services.close()


def set_up(services: Services) -> None:
    services.usage.save_price_list(
        {
            "currency": "EUR",
            "prices": [
                {"destination": "internal", "per_page": "0"},
                {"destination": "national", "per_page": "0.045"},
                {"destination": "international", "per_page": "0.18", "per_call": "0.05"},
            ],
        }
    )
    rule = {"name": "Compliance of the last 7 days", "metric": "compliance_rate", "comparison": "below"}
    services.alerts.save_rule(AlertRule.from_dict(rule | {"threshold": 0.97, "window_days": 7}))
    services.alerts.evaluate()
    readers = (Recipient("direction@chu.example", "fr"), Recipient("quality@chu.example", "en"))
    services.mailings.create(Mailing("Monthly report", Schedule("monthly", day=1), readers))
    services.preferences.put("tour_seen", True)


def print_paper(home: Path, folder: Path) -> None:
    """The first page of the report on paper."""
    services = build(Settings(home=home))
    with acting(Actor("local", "admin")):
        (report,) = services.reports.list()
        paper = services.papers.of(Filters(report=report["report_id"]))
        contents = contents_of(paper, translator("en"), services.settings.zone)
    pages = typst.compile(
        (ROOT / "faxcloud" / "services" / "papers" / "report.typ").read_bytes(),
        sys_inputs={"paper": json.dumps(contents)},
        format="png",
        ppi=90,
    )
    (folder / "paper.png").write_bytes(pages[0])
    services.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    """The app over an empty store; its address, and where the store is."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("FAXCLOUD_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
            cwd=ROOT,
            env={**environ, "FAXCLOUD_HOME": home},
            stdout=subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            yield address, Path(home)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def wait_for(address: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health"):
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise SystemExit("The server did not start.")


def load_sample(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.locator(".st-key-load-sample button").click()
    page.locator(".st-key-sample-banner").wait_for(timeout=60_000)
    page.close()


def take(browser: Browser, address: str, picture: Picture, folder: Path) -> None:
    context = browser.new_context(
        locale={"fr": "fr-FR", "en": "en-GB"}[picture.language],
        color_scheme="dark" if picture.theme == "dark" else "light",
        viewport={"width": picture.width, "height": picture.height},
        timezone_id="Europe/Paris",
    )
    page = context.new_page()
    page.goto(address + picture.address)
    page.locator(".st-key-sample-banner").wait_for(timeout=60_000)
    page.wait_for_timeout(SETTLE_MS)
    picture.act(page)
    page.wait_for_timeout(SETTLE_MS)
    file = folder / f"{picture.name}.png"
    page.screenshot(path=file)
    context.close()
    with Image.open(file) as taken:  # a page has few colours: a third of the bytes
        taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("Chromium was not found.")
    with server() as (address, home), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        load_sample(browser, address)
        prepare(home)
        print_paper(home, folder)
        for picture in PICTURES:
            take(browser, address, picture, folder)
            print(picture.name)
        browser.close()


if __name__ == "__main__":
    main()
