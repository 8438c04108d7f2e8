"""Chromium control through the DevTools protocol, without Playwright's overhead.

Playwright listens to the console of its pages. Chromium then records the position of each line of a script,
which costs Plotly half a second at its start, so Playwright would distort page load times.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 60.0
LOOK_EVERY_S = 0.1
SETTLES_S = 2.0
"""Time for Chromium's own work after its start, which must not count for a page."""
QUIET = ("--headless", "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-sync")

WATCH = """new MutationObserver((_changes, watch) => {
  if (!(%s)) return;
  watch.disconnect();
  window.seenAt = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});"""


class Browser:
    """Running Chromium."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def visitor(self) -> Visitor:
        """New visitor with an empty cache and no cookies."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask(
            "Target.createTarget", url="about:blank", browserContextId=context, width=1440, height=1000
        )["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Visitor(self, session)

    def ask(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol; returns its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._connection.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while (answer := json.loads(self._connection.recv(PATIENCE_S))).get("id") != number:
            pass  # events of pages
        if "error" in answer:
            raise SystemExit(f"Chromium refused {method}: {answer['error']}")
        return dict(answer["result"])


class Visitor:
    """Page of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self._ask("Page.enable")

    def open(self, address: str, seen: str) -> float:
        """Open an address; returns the seconds until a JavaScript expression is true on the page."""
        script = self._ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH % seen)["identifier"]
        self._ask("Runtime.evaluate", expression="delete window.seenAt")
        self._ask("Page.navigate", url=address)
        ends = time.monotonic() + PATIENCE_S
        while (seen_ms := self._look("window.seenAt")) is None:
            if time.monotonic() > ends:
                raise SystemExit(f"{address} was not drawn within {PATIENCE_S:.0f} s")
            time.sleep(LOOK_EVERY_S)
        self._ask("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        return float(seen_ms) / 1000

    def _look(self, expression: str) -> Any:
        return self._ask("Runtime.evaluate", expression=expression)["result"].get("value")

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.ask(method, self._session, **params)


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """Start a Chromium for the duration of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        told = Path(profile, "DevToolsActivePort")
        process = subprocess.Popen(
            [program, *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            ends = time.monotonic() + PATIENCE_S
            while not (told.exists() and len(lines := told.read_text().split()) == 2):
                if time.monotonic() > ends or process.poll() is not None:
                    raise SystemExit(f"{program} did not start")
                time.sleep(LOOK_EVERY_S)
            port, path = lines
            time.sleep(SETTLES_S)
            with connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
