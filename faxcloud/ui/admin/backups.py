"""Backups section: create a backup and list those in the audit log.

A backup is restored on the command line.
"""

import datetime as dt
from typing import Any

import streamlit as st

from faxcloud.services.access.keys import who
from faxcloud.ui.admin import admin_jobs
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

JOB = "backup_job"
FOLDER = "backups"
"""In HOME: administrators of the pages need not be able to write elsewhere on the machine."""
MOST_SHOWN = 20


def show_backups(screen: Screen) -> None:
    """Backup button, its result, and the list of backups so far."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Backups"), anchor=False, width="content")
        if st.button(t("Back up now"), type="primary", icon=":material/backup:", key="back-up"):
            _start(screen)
    st.caption(
        t(
            "A consistent copy of catalogue, faxes and your own rulesets in HOME/{folder}; the "
            "server keeps running. Copy it to another machine: a failed disk takes its backups with "
            "it.",
            folder=FOLDER,
        )
    )
    admin_jobs.follow(JOB)
    made = admin_jobs.result_of(JOB)
    if made is not None:
        st.success(
            t("{faxes} faxes were backed up to {folder}", faxes=made.faxes, folder=in_markdown(made.folder)),
            icon=":material/task_alt:",
        )
    _show_list(screen)
    with st.expander(t("Restore a backup"), icon=":material/settings_backup_restore:", type="compact"):
        st.markdown(
            t(
                "A restore replaces everything that is stored; the previous data is kept beside it. "
                "Stop the application first. Then restore on the command line, which checks each file of the "
                "backup:"
            )
        )
        st.code("faxcloud database restore DIR", language="sh")


def _start(screen: Screen) -> None:
    now = dt.datetime.now(screen.running.settings.zone)
    folder = screen.running.settings.home / FOLDER / f"faxcloud-{now:%Y-%m-%d-%H%M%S}"
    admin_jobs.start(
        screen, JOB, lambda report: screen.services.backups.write(folder, report), admin_jobs.Bytes
    )


def _show_list(screen: Screen) -> None:
    t = screen.t
    events = screen.services.audit.log(MOST_SHOWN, action="backup")
    if not events.total:
        st.caption(t("No backup has been made yet."))
        return
    key_names = screen.services.keys.names()
    kinds = {"backup.create": t("backup"), "backup.restore": t("restore")}
    rows: list[dict[str, Any]] = [
        {
            **event,
            **event["details"],
            "kind": kinds.get(event["action"], event["action"]),
            "actor": who(t, key_names, event["actor"]),
            "outcome": t("done") if event["outcome"] == "done" else t("failed"),
        }
        for event in events.results
    ]
    fields = [
        Field("at", t("When"), "time", width=150),
        Field("kind", t("Kind"), width=120),
        Field("outcome", t("Outcome"), width=110),
        Field("faxes", t("Faxes"), "count"),
        Field("lake_version", t("Version"), "count"),
        Field("actor", t("By"), width="medium"),
    ]
    with st.container(key="backups"):
        show_table(screen, rows, fields, key="backups-table")
