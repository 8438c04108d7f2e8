"""Import history, and the details of one import."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.services.access.keys import who
from faxcloud.services.imports.notices import notice_text
from faxcloud.services.tickets import Offer
from faxcloud.ui.access import can
from faxcloud.ui.charts.kpis import show_kpis
from faxcloud.ui.filters import selection
from faxcloud.ui.imports.editing import EDITABLE, ask_edit
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.downloads import link
from faxcloud.ui.widgets.tables import Field, show_table

STATES = {
    "ready": N_("ready"),
    "importing": N_("importing"),
    "committing": N_("storing"),
    "failed": N_("failed"),
    "deleting": N_("being deleted"),
}
MOST_USERS = 50


def show_history(screen: Screen, reports: Sequence[Mapping[str, Any]]) -> str | None:
    """Table of all imports; returns the id of the selected one."""
    t = screen.t
    fields = [
        Field("imported_at", t("Imported on"), "time"),
        Field("file", t("File"), width="large"),
        Field("state_name", t("State")),
        Field("contract", t("Contract")),
        Field("imported", t("Faxes"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("rejected", t("Rejected"), "count"),
        Field("imported_by", t("By")),
    ]
    key_names = screen.services.keys.names()
    named = [
        {
            **report,
            "state_name": t(STATES.get(report["state"], report["state"])),
            "imported_by": who(t, key_names, report["imported_by"]),
        }
        for report in reports
    ]
    st.caption(t("Select an import for details. Counts as of the day of the import."))
    # The selection is a row index: in another list it would select another report, next to "Delete".
    listed = hash(tuple(report["report_id"] for report in reports))
    with st.container(key="imports"):
        row = show_table(screen, named, fields, key=f"imports-{listed:x}", selectable=True)
    return None if row is None else str(reports[row]["report_id"])


def show_ledger(t: Translator, report: Mapping[str, Any]) -> None:
    """Record count check in words: what became of the records adds up to those in the file."""
    st.markdown(
        t(
            "**{records}** records in the file = **{imported}** imported + **{rejected}** rejected "
            "+ **{blank}** blank + **{duplicate}** stored already",
            records=report["records"],
            imported=report["imported"],
            rejected=report["rejected"],
            blank=report["blank"],
            duplicate=report["duplicate"],
        )
    )


def show_duplicates(t: Translator, report: Mapping[str, Any]) -> None:
    """Imports that have the records left out of this one; nothing when none was."""
    for each in report["duplicates_of"]:
        name = in_markdown(each["file"] or each["report_id"] or t("other imports"), 80)
        st.caption(
            ":material/content_copy: "
            + t.ngettext(
                "{count} record was left out: it is stored already, from {file}.",
                "{count} records were left out: they are stored already, from {file}.",
                each["records"],
                file=name,
            )
        )


def show_report(screen: Screen, report_id: str) -> None:
    """Details of one import; its figures follow the current verdicts."""
    t = screen.t
    report = screen.services.reports.show(report_id)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header(in_markdown(report["file"], 80), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if st.button(t("Explore its faxes"), icon=":material/manage_search:", key="explore-report"):
                selection.clear()
                selection.choose_next(report=report_id)
                st.switch_page(page_file("explore"))
            if report["state"] == "ready" and st.button(
                t("Report to share"), icon=":material/summarize:", key="paper-of-report"
            ):
                selection.clear()
                selection.choose_next(report=report_id)
                st.switch_page(page_file("report"))
            may_edit = report["state"] in EDITABLE and can("reports.change")
            if may_edit and st.button(t("Edit"), icon=":material/edit:", key="edit-report"):
                ask_edit(screen, report)
            if report["state"] == "importing" and can("reports.delete"):
                if st.button(t("Cancel the import"), icon=":material/cancel:", key="cancel-report"):
                    _delete(screen, report_id)
                    st.rerun()
            elif can("reports.delete") and st.button(
                t("Delete"), icon=":material/delete:", key="delete-report"
            ):
                _ask_deletion(screen, report)
    _show_facts(screen, report)
    if report["state"] != "ready":
        if report.get("error_message"):
            st.error(in_markdown(report["error_message"], 1_000), icon=":material/block:")
        return
    show_ledger(t, report)
    chosen = Filters(report=report_id)
    summary = screen.services.summaries.summary(chosen)
    show_kpis(screen, summary.values, None, [])
    if report["rejected"]:
        show_rejects(screen, report)
    left, right = st.columns(2, gap="medium")
    with left:
        _show_rules(screen, chosen)
    with right:
        _show_users(screen, chosen)


def show_rejects(screen: Screen, report: Mapping[str, Any]) -> None:
    """Number of rejected records, and their download."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            t.ngettext(
                "{count} record was rejected; the reason is in the table.",
                "{count} records were rejected; the reasons are in the table.",
                report["rejected"],
            ),
            width="content",
        )
        report_id = report["report_id"]
        offer = Offer("rejects", f"rejects-{report_id}.csv", separator=";", bom=True, subject=report_id)
        if can("rejects.read"):
            link(screen, t("Rejected records (CSV)"), offer)


def _show_facts(screen: Screen, report: Mapping[str, Any]) -> None:
    t = screen.t
    facts = [
        t("imported {moment}", moment=t.datetime(report["imported_at"], screen.running.settings.zone)),
        t("by {name}", name=in_markdown(who(t, screen.services.keys.names(), report["imported_by"])))
        if report.get("imported_by")
        else "",
        t("contract {name}", name=in_markdown(report["contract"])) if report.get("contract") else "",
        t("{first} to {last}", first=t.date(report["start"]), last=t.date(report["end"]))
        if report.get("start") and report.get("end")
        else "",
        in_markdown(report["encoding"]) if report.get("encoding") else "",
        t("separator {separator}", separator=in_markdown(repr(report["delimiter"])))
        if report.get("delimiter")
        else "",
        t("validated by {ruleset}", ruleset=in_markdown(report["ruleset"])) if report.get("ruleset") else "",
        f"`{report['report_id']}`",
    ]
    st.caption(" · ".join(fact for fact in facts if fact))
    for notice in report.get("notices") or ():
        if notice["code"] != "columns.unknown":
            st.info(in_markdown(notice_text(t, notice), 400), icon=":material/info:")
    if report.get("unknown_columns"):
        names = ", ".join(in_markdown(name, 40) for name in report["unknown_columns"][:20])
        st.info(
            t("Columns that FaxCloud does not know and did not store:") + f" {names}", icon=":material/info:"
        )


def _show_rules(screen: Screen, chosen: Filters) -> None:
    t = screen.t
    words = RuleLabels(t, screen.services.rulesets.rules())
    rows = [
        {"label": words.label(row["key"]), **row}
        for row in screen.services.summaries.breakdown(chosen, by="rule")
        if row["violations"]
    ]
    st.markdown("**" + t("Violations by rule") + "**")
    if not rows:
        st.success(t("No rule is violated in this selection."), icon=":material/check_circle:")
        return
    fields = [Field("label", t("Rule"), width="large"), Field("violations", t("Faxes"), "count")]
    show_table(screen, rows, fields, key="report-rules")


def _show_users(screen: Screen, chosen: Filters) -> None:
    t = screen.t
    st.markdown("**" + t("By user") + "**")
    fields = [
        Field("key", t("User"), width="medium"),
        Field("faxes", t("Faxes"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
    ]
    rows = screen.services.summaries.breakdown(chosen, by="user")
    show_table(screen, rows[:MOST_USERS], fields, key="report-users")
    if len(rows) > MOST_USERS:
        st.caption(t("The first {shown} of {all} users.", shown=MOST_USERS, all=len(rows)))


def _ask_deletion(screen: Screen, report: Mapping[str, Any]) -> None:
    t = screen.t
    ask(
        t("Delete this import?"),
        t(
            "{file}: all its faxes and rejected records are deleted. This cannot be undone; the file "
            "can be imported again.",
            file=in_markdown(report["file"], 80),
        ),
        t("Delete"),
        lambda: _delete(screen, report["report_id"]),
    )


def _delete(screen: Screen, report_id: str) -> None:
    screen.services.reports.delete(report_id)
