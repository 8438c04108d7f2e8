"""Download buttons of files that are generated at the click.

Not sooner, since each generation is noted in the audit log.
"""

import threading
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from faxcloud.i18n import Translator
from faxcloud.services.exports.formats import FORMATS
from faxcloud.ui.widgets.downloads import ICON

CSV, XLSX = FORMATS["csv"].media_type, FORMATS["xlsx"].media_type


def offer_file(label: str, make: Callable[[], bytes], file_name: str, media_type: str, key: str) -> None:
    """Download button for the file that `make` returns; for files of some megabytes at most.

    Args:
        file_name: Of our own making, without personal data.
    """
    st.download_button(
        label, by_the_visitor(make), file_name, media_type, key=key, icon=ICON, on_click="ignore"
    )


def csv_label(t: Translator) -> str:
    """Label of a CSV download, by the dialect for the visitor's language."""
    return t("CSV for Excel")


def by_the_visitor(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Run the file's generation as the visitor.

    Streamlit generates the file in a thread without an actor, where it would run as the system. So it runs in
    a thread of this page, where a key that was revoked meanwhile is refused.
    """
    context = get_script_run_ctx()

    def made() -> bytes:
        files: list[bytes] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                files.append(make())
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
                errors.append(error)

        thread = threading.Thread(target=run)
        add_script_run_ctx(thread, context)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return files[0]

    return made
