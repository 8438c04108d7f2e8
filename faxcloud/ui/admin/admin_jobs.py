"""Background jobs of the administration page: backup, compaction, erasure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets import progress

Report = Callable[[int, int], None]
"""Progress callback: amount done, total amount."""


@dataclass(frozen=True)
class Rows:
    """Progress of a job that counts rows."""

    done: int
    total: int


@dataclass(frozen=True)
class Bytes:
    """Progress of a job that counts bytes of files."""

    done_bytes: int
    total_bytes: int


def start(
    screen: Screen, key: str, work: Callable[[Report], Any], unit: type[Rows] | type[Bytes] = Rows
) -> None:
    """Start a background job; `follow` shows its progress, `result_of` its result.

    Args:
        key: One for each kind of work, in English: it stands in the log.
    """
    st.session_state.pop(f"{key}-result", None)
    job = screen.running.jobs.start(
        key, key, lambda report: work(lambda done, total: report(unit(done, total)))
    )
    st.session_state[key] = job.job_id


def follow(key: str) -> None:
    """Show the progress of a job while it runs, and its error afterwards."""
    progress.follow(st.session_state.get(key), key)


def result_of(key: str) -> Any:
    """Result of the last job in this session; None before one has finished."""
    return st.session_state.get(f"{key}-result")
