"""Work that an administrator starts and waits for: a backup, a compaction, an erasure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets import progress

Report = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True)
class Rows:
    """How far work on rows is."""

    done: int
    total: int


@dataclass(frozen=True)
class Bytes:
    """How far work on files is."""

    done_bytes: int
    total_bytes: int


def start(
    screen: Screen, key: str, work: Callable[[Report], Any], unit: type[Rows] | type[Bytes] = Rows
) -> None:
    """Begin; `follow` shows how far it is, `result_of` what came of it.

    Args:
        key: One for each kind of work, in English: it stands in the log.
    """
    st.session_state.pop(f"{key}-result", None)
    job = screen.running.jobs.start(
        key, key, lambda report: work(lambda done, total: report(unit(done, total)))
    )
    st.session_state[key] = job.job_id


def follow(key: str) -> None:
    """Its progress while it runs, why it failed afterwards."""
    progress.follow(st.session_state.get(key), key)


def result_of(key: str) -> Any:
    """What the last one gave, in this session; None before."""
    return st.session_state.get(f"{key}-result")
