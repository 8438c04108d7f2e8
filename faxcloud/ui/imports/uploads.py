"""Upload of files: written to disk at once, then imported in the background."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from faxcloud.errors import AlreadyImported
from faxcloud.services.imports.accepted_files import SUFFIXES
from faxcloud.ui.date_field import date_field
from faxcloud.ui.filters import selection
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

if TYPE_CHECKING:
    from faxcloud.services.imports.archives import Outcome
    from faxcloud.services.imports.importer import ImportResult

JOB = "import_job"
COPY = "import_copy"
TURN = "import_turn"
CHUNK = 1 << 20
SHORT_NAME = 20
"""Characters of a file name that the upload field shows whole; Streamlit cuts longer ones in the middle."""


def show_upload(screen: Screen) -> None:
    """Upload form: files, contract, period, force."""
    t = screen.t
    limit = int(st.get_option("server.maxUploadSize"))
    turn = st.session_state.setdefault(TURN, 0)
    with st.container(border=True, key="import"):
        files = st.container(key="import-file").file_uploader(
            t("Exports of the fax service"),
            type=SUFFIXES,
            key=f"import-file-{turn}",
            accept_multiple_files=True,
        )
        for file in files:
            if len(file.name) > SHORT_NAME:
                st.caption(in_markdown(file.name, 200))
        st.caption(
            t(
                "CSV, XLSX, XLS or ODS, also in .gz or .zip, up to {limit} MB. Larger files: "
                "on the command line, or through the watched folder.",
                limit=limit,
            )
        )
        with st.expander(t("Contract, period and more"), type="compact"):
            contract = st.text_input(t("Contract"), key=f"import-contract-{turn}", max_chars=200)
            with st.container(horizontal=True):
                start = date_field(t("First day"), f"import-start-{turn}")
                end = date_field(t("Last day"), f"import-end-{turn}")
            with st.container(horizontal=True):
                reading = _reading_options(screen, turn)
            force = st.checkbox(
                t("Import even if the same file was imported before"), key=f"import-force-{turn}"
            )
        pressed = st.button(
            t.pgettext("button", "Import"),
            type="primary",
            icon=":material/upload_file:",
            key="import-now",
            disabled=not files,
        )
        if pressed and files:
            options = {"contract": contract or None, "start": start, "end": end, **reading}
            start_imports(screen, files, options, force=force)
            if (context := get_script_run_ctx()) is not None:  # they are on the disk: free the memory now
                uploaded: Any = context.uploaded_file_mgr
                for file in files:
                    uploaded.remove_file(context.session_id, file.file_id)
            st.session_state[TURN] = turn + 1  # blank fields for the next file
            st.rerun()


def _reading_options(screen: Screen, turn: int) -> dict[str, str | None]:
    """Fields for what a file does not show by itself: its source, the order of its dates, known faxes."""
    t = screen.t
    orders = {None: t("Detected"), "dmy": t("day/month"), "mdy": t("month/day")}
    handlings = {
        None: t("Leave out"),
        "keep": t("Import them too"),
        "refuse": t("Refuse the file"),
    }
    titles: dict[str | None, str] = {None: t("Detected")} | {
        source.name: source.title.get(t.language, source.title["en"])
        for source in screen.services.sources.list().sources.values()
    }
    return {
        name: st.selectbox(label, list(choices), format_func=choices.__getitem__, key=f"import-{name}-{turn}")
        for name, label, choices in (
            ("source", t("Source"), titles),
            ("dates", t("Order of the dates"), orders),
            ("duplicates", t("Faxes that are stored already"), handlings),
        )
    }


def start_imports(
    screen: Screen, files: Sequence[BinaryIO], options: Mapping[str, Any], *, force: bool
) -> None:
    """Write the files to disk and queue their import; each copy is deleted when its import is over.

    `options` are those of `ImportJobs.run`.

    If the only file was imported already, its copy stays until it is imported again, another file is chosen
    or the session ends, which drops the last reference to it.
    """
    forget_copy()
    copies = [_written(screen, file, {"name": file.name, **options}) for file in files]
    if len(copies) == 1:
        [st.session_state[COPY]] = copies
    _queue(screen, copies, force=force)


def _written(screen: Screen, file: BinaryIO, options: dict[str, Any]) -> UploadedFile:
    with contextlib.ExitStack() as place:
        path = place.enter_context(screen.services.uploads.place(file.seek(0, os.SEEK_END)))
        file.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(file, target, CHUNK)
        return UploadedFile(path, place.pop_all(), options)


@dataclass(frozen=True)
class UploadedFile:
    """An uploaded file on disk and the options of its import.

    The file exists until `place` is closed or garbage-collected.
    """

    path: Path
    place: contextlib.ExitStack
    options: dict[str, Any]


def _queue(screen: Screen, copies: Sequence[UploadedFile], *, force: bool) -> None:
    services, asked_at = screen.services, time.time()

    def work(report: Callable[[Any], None]) -> Any:
        """The result of one import, or the outcomes of several files and members of archives."""
        outcomes: list[Outcome] = []
        for copy in copies:

            def import_one(path: Path, name: str, options: dict[str, Any] = copy.options) -> ImportResult:
                since = None if outcomes else asked_at
                named = options | {"name": name}
                return services.import_jobs.run(path, **named, force=force, asked_at=since, progress=report)

            with contextlib.ExitStack() as over:
                over.push(copy.place)
                outcomes.extend(services.archives.outcomes(copy.path, copy.options["name"], import_one))
                if len(copies) == len(outcomes) == 1 and isinstance(outcomes[0].error, AlreadyImported):
                    over.pop_all()  # keep the copy: the page offers to import it again
        if len(outcomes) > 1:
            return outcomes
        [outcome] = outcomes
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    st.session_state.pop(f"{JOB}-result", None)
    st.session_state[JOB] = screen.running.jobs.start("import", copies[0].options["name"], work).job_id


def forget_copy() -> None:
    """Delete the copy of a file that had been imported already."""
    copy: UploadedFile | None = st.session_state.pop(COPY, None)
    if copy is not None:
        copy.place.close()


def show_known(screen: Screen, error: AlreadyImported) -> None:
    """Message for a file that was imported already: open that import, or import it again."""
    t = screen.t
    file, imported_at = in_markdown(error.values["file"], 80), error.values["imported_at"]
    with st.container(border=True, key="known-import"):
        st.warning(
            t("**{file}** was imported already, on {imported_at}.", file=file, imported_at=imported_at)
            + " "
            + t("The content is identical: if you import it again, its faxes count twice."),
            icon=":material/content_copy:",
        )
        with st.container(horizontal=True):
            if st.button(t("Explore that import"), icon=":material/manage_search:", key="known-report"):
                selection.clear()
                selection.choose_next(report=error.values["report_id"])
                st.switch_page(page_file("explore"))
            copy: UploadedFile | None = st.session_state.get(COPY)
            if copy is not None and st.button(
                t("Import anyway"), icon=":material/upload_file:", key="import-known"
            ):
                _queue(screen, [copy], force=True)
                st.rerun()
