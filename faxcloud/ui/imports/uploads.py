"""Files that a visitor drops: to disk at once, then imported in the background."""

import contextlib
import datetime as dt
import os
import shutil
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import streamlit as st

from faxcloud.ui.screen import Screen

TYPES = ("csv", "txt", "tsv", "xlsx", "gz", "zip")
JOB = "import_job"
CHUNK = 1 << 20


def show_upload(screen: Screen) -> None:
    """The form: file, contract, period, force."""
    t = screen.t
    limit = int(st.get_option("server.maxUploadSize"))
    with st.form("import", clear_on_submit=True, border=True):
        st.html(_own_words(t("Choose a file")))
        file = st.file_uploader(t("An export of the fax service"), type=TYPES, key="import-file")
        st.caption(
            t(
                "CSV, XLSX, or one CSV in .gz or .zip, up to {limit} MB. Larger files: "
                "`faxcloud import FILE` on the command line, or the watched folder.",
                limit=limit,
            )
        )
        with st.expander(t("Contract, period and more"), type="compact"):
            contract = st.text_input(t("Contract"), key="import-contract", max_chars=200)
            with st.container(horizontal=True):
                start = st.date_input(t("First day"), value=None, format="DD/MM/YYYY", key="import-start")
                end = st.date_input(t("Last day"), value=None, format="DD/MM/YYYY", key="import-end")
            force = st.checkbox(t("Import even if the same file was imported before"), key="import-force")
        submitted = st.form_submit_button(
            t.pgettext("button", "Import"), type="primary", icon=":material/upload_file:"
        )
    if not submitted:
        return
    if file is None:
        st.warning(t("Choose a file first."), icon=":material/attach_file:")
        return
    start_import(screen, file, file.name, contract=contract or None, start=start, end=end, force=force)


def _own_words(button: str) -> str:
    """Streamlit's uploader speaks English only: its button gets our word, and our caption says the rest."""
    scope = ".st-key-import-file [data-testid='stFileUploaderDropzone']"
    return f"""<style>
{scope} [data-testid="stFileUploaderDropzoneInstructions"] {{ display: none; }}
{scope} button p, {scope} button [data-testid="stMarkdownContainer"] {{ font-size: 0; }}
{scope} button p::after {{ content: "{button}"; font-size: .875rem; }}
</style>"""


def start_import(
    screen: Screen,
    file: BinaryIO,
    name: str,
    *,
    contract: str | None,
    start: dt.date | None,
    end: dt.date | None,
    force: bool,
) -> None:
    """Write the file to disk and queue its import; the copy goes when the job is over."""
    services, asked_at = screen.services, time.time()
    with contextlib.ExitStack() as place:
        path = place.enter_context(services.uploads.place(file.seek(0, os.SEEK_END)))
        file.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(file, target, CHUNK)
        until_imported = place.pop_all()

    def work(report: Callable[[Any], None]) -> Any:
        with until_imported:
            return services.import_jobs.run(
                path,
                name=name,
                contract=contract,
                start=start,
                end=end,
                force=force,
                asked_at=asked_at,
                progress=report,
            )

    st.session_state.pop(f"{JOB}-result", None)
    st.session_state[JOB] = screen.running.jobs.start("import", name, work).job_id
