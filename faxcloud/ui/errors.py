"""Error messages on pages: message and hint in the visitor's language, never a traceback."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import FragmentHandledException

from faxcloud.errors import FaxCloudError
from faxcloud.i18n import Translator
from faxcloud.ui.jobs import Job
from faxcloud.ui.language import current_translator
from faxcloud.ui.safe_text import in_markdown

log = logging.getLogger("faxcloud.ui")

LONGEST_MESSAGE = 1_000


@contextmanager
def shown_errors() -> Iterator[None]:
    """Context manager: shows an error of its block in place of the rest of that block."""
    try:
        yield
    except FragmentHandledException:
        raise  # Streamlit's own sign that a fragment has shown its error already
    except Exception as error:  # noqa: BLE001 - logged with its incident number
        show_error(error)


def show_error(error: BaseException) -> bool:
    """Show an error; always True, which keeps Streamlit from showing it as well."""
    if isinstance(error, FaxCloudError):
        show_refusal(error, current_translator())
    else:
        incident = secrets.token_hex(4)
        log.error("incident %s", incident, exc_info=error)
        show_incident(incident, current_translator())
    return True


def show_refusal(error: FaxCloudError, t: Translator) -> None:
    """Show a FaxCloud error: what was wrong and what to do."""
    message, hint = error.render(t)[0], error.page_hint(t)
    text = f"**{in_markdown(message, LONGEST_MESSAGE)}**\n\n{in_markdown(hint, LONGEST_MESSAGE)}"
    st.error(text, icon=":material/block:")


def show_incident(incident: str, t: Translator) -> None:
    """Show an unexpected error: a neutral sentence and the number of its traceback in the log."""
    st.error(
        t(
            "**This part could not be shown.** Your data is not affected. Incident `{incident}` is "
            "in the log.",
            incident=incident,
        ),
        icon=":material/error:",
    )


def show_failure(job: Job, t: Translator) -> None:
    """Show why a job failed."""
    if isinstance(job.error, FaxCloudError):
        show_refusal(job.error, t)
    else:
        show_incident(job.incident, t)
