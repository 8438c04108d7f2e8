"""Pictures of the real app with the sample, for the README: `python docs/pictures.py [folder]`.

Starts a server of its own over a store of its own, and drives it with Playwright in the Chromium it finds.
"""

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

from playwright.sync_api import Browser, Page, sync_playwright

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


def open_a_report(page: Page) -> None:
    pick_row(page, ".st-key-reports", 1)
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


PICTURES = (
    Picture("dashboard", "/?period=30d", height=2420),
    Picture("dashboard-dark-fr", "/?period=30d", "fr", "dark", height=1240),
    Picture("phone", "/?period=30d", "fr", width=390, height=1500),
    Picture("explore", "/explore?status=invalid", "fr", act=open_a_fax),
    Picture("reports", "/reports", height=1340, act=open_a_report),
    Picture("reports-phone-dark", "/reports", theme="dark", width=390, height=844),
    Picture("rules-fr", "/rules", "fr", height=1250),
    Picture("rules", "/rules", height=1080, act=try_a_ruleset),
    Picture("admin", "/admin", height=760),
    Picture("admin-audit-fr", "/admin?section=audit", "fr", "dark", height=600),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[str]:
    """The app over an empty store; its address."""
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
            yield address
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
    page.screenshot(path=folder / f"{picture.name}.png")
    context.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("Chromium was not found.")
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        load_sample(browser, address)
        for picture in PICTURES:
            take(browser, address, picture, folder)
            print(picture.name)
        browser.close()


if __name__ == "__main__":
    main()
