"""Progress of an import on the page: its steps in both languages, and the button that cancels it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.services.imports.importer import Progress
from faxcloud.ui.imports import uploads
from faxcloud.ui.jobs import Job
from faxcloud.ui.running import Running
from tests.ui.conftest import HEADER, SMALL, Visit, texts

STEPS = {
    ("opening", "en"): "2 of 5: checking the file…",
    ("opening", "fr"): "2 sur 5\u202f: contrôle du fichier…",
    ("reading", "en"): "3 of 5: reading…",
    ("reading", "fr"): "3 sur 5\u202f: lecture…",
    ("counting", "en"): "4 of 5: counting…",
    ("counting", "fr"): "4 sur 5\u202f: calcul des totaux…",
    ("committing", "en"): "5 of 5: storing…",
    ("committing", "fr"): "5 sur 5\u202f: enregistrement…",
}


class HeldImport:
    """An import of five faxes that waits at each step until it is let go."""

    def __init__(self, shared: Running, path: Path) -> None:
        self._going = threading.Semaphore(0)
        self._reached = threading.Semaphore(0)

        def work(report: Callable[[Any], None]) -> Any:
            def hold(progress: Progress) -> None:
                report(progress)
                self._reached.release()
                assert self._going.acquire(timeout=60)

            return shared.services.imports.import_file(path, progress=hold)

        self.job: Job = shared.jobs.start("import", path.name, work)

    def go_on(self) -> None:
        self._going.release()

    def reach(self, step: str) -> None:
        """Go on until the step begins."""
        while True:
            assert self._reached.acquire(timeout=60)
            if self.job.progress.step == step:
                return
            self.go_on()

    def let_go(self) -> None:
        self._going.release(1000)
        until = time.monotonic() + 60
        while not self.job.is_over:
            assert time.monotonic() < until


@pytest.fixture
def held(shared: Running, tmp_path: Path) -> Iterator[HeldImport]:
    path = tmp_path / "march.csv"
    path.write_text("\n".join((HEADER, *SMALL)) + "\n", encoding="utf-8")
    held_import = HeldImport(shared, path)
    yield held_import
    held_import.let_go()


def test_each_step_of_an_import_is_shown_in_the_language_of_the_page(held: HeldImport, visit: Visit):
    held.reach("opening")
    pages = {language: visit("imports", language) for language in ("en", "fr")}
    shown = {}
    for step in ("opening", "reading", "counting", "committing"):
        if step != "opening":
            held.go_on()
            held.reach(step)
        for language, app in pages.items():
            app.session_state[uploads.JOB] = held.job.job_id
            app.run()
            (bar,) = app.get("progress")
            shown[step, language] = bar.proto.text
    assert shown == STEPS


def test_the_cancel_button_ends_an_import_and_the_page_says_so(
    held: HeldImport, shared: Running, visit: Visit
):
    held.reach("reading")
    app = visit("imports")
    app.session_state[uploads.JOB] = held.job.job_id
    app.run()
    app.button(key="cancel-import").click().run()
    assert shared.services.reports.list() == []
    held.let_go()
    app.run()
    assert r"The import of march\.csv was cancelled\." in texts(app)
    assert not app.get("progress")
    assert not [button for button in app.button if button.key == "cancel-import"]
