"""Ruleset trial (dry run) on the stored faxes, and re-validation with it."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from faxcloud.i18n import Translator
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.services.tickets import Offer
from faxcloud.ui.filters.import_list import ready_reports
from faxcloud.ui.filters.selection import report_name
from faxcloud.ui.rules.ruleset_text import ruleset_name
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets import progress
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.downloads import link
from faxcloud.ui.widgets.tables import Field, show_table

JOB = "validation_job"
TRIED = "tried_report"
"""Report of the shown result; the selection above it may have changed since."""
MOST_CHANGES = 200


@dataclasses.dataclass(frozen=True)
class Judged:
    """Progress of a run, in rows."""

    done: int
    total: int


def show_trial(screen: Screen) -> None:
    """Choose a ruleset, try it, see what would change, run it."""
    t = screen.t
    rulesets = {ruleset.id: ruleset for ruleset in screen.services.rulesets.list()}
    active_id = screen.services.rulesets.active_id()
    reports = {report["report_id"]: report for report in ready_reports(screen)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ruleset_id = st.selectbox(
            t("Ruleset"),
            list(rulesets),
            format_func=lambda key: ruleset_name(t, rulesets[key], active_id),
            key="trial-ruleset",
            width=320,
        )
        report_id = st.selectbox(
            t("Faxes"),
            list(reports),
            index=None,
            placeholder=t("All imports"),
            format_func=lambda key: report_name(t, reports[key]),
            key="trial-report",
            width=320,
        )
        tried = st.button(t("Try"), type="primary", icon=":material/experiment:", key="try")
    st.caption(t("A trial changes nothing: it shows the same figures that a run would give."))
    if tried:
        _start(screen, ruleset_id, report_id, dry_run=True)
    progress.follow(st.session_state.get(JOB), JOB)
    result = st.session_state.get(f"{JOB}-result")
    if result is not None:
        show_result(screen, dataclasses.asdict(result), st.session_state.get(TRIED))


def show_result(screen: Screen, result: Mapping[str, Any], report_id: str | None) -> None:
    """Result of a run or trial, with rows that change.

    Args:
        report_id: The report that was judged; None for all.
    """
    t = screen.t
    with st.container(border=True):
        title = t("What would change") if result["dry_run"] else t("What has changed")
        st.header(title, anchor=False)
        st.caption(t("Ruleset {ruleset}", ruleset=result["ruleset"]))
        show_counts(screen, result)
        st.markdown(compliance_says(t, result))
        if not result["changed"]:
            st.success(t("No verdict changes."), icon=":material/check_circle:")
        if result["warnings_changed"]:
            st.caption(warnings_say(t, result["warnings_changed"]))
        rows = list(screen.services.validation.changes(result["run_id"], limit=MOST_CHANGES))
        if rows:
            show_changes(screen, rows)
        # A run that changes no verdict may still activate its ruleset for new imports.
        becomes_active = report_id is None and _ruleset_id(result) != screen.services.rulesets.active_id()
        if (
            result["dry_run"] and (result["changed"] or result["warnings_changed"] or becomes_active)
        ) and st.button(
            t("Validate the stored faxes by this ruleset"), icon=":material/gavel:", key="run", type="primary"
        ):
            _ask_run(screen, result, report_id)


def compliance_says(t: Translator, result: Mapping[str, Any]) -> str:
    """Compliance of the checked faxes, before and after."""
    return t(
        "Compliance of the faxes checked: {before:percent} before, {after:percent} after.",
        before=result["compliance_before"],
        after=result["compliance_after"],
    )


def warnings_say(t: Translator, count: int) -> str:
    """Number of faxes whose warnings change while the verdict stays."""
    return t.ngettext(
        "The verdict of {count} more fax stays; only its warnings differ.",
        "The verdicts of {count} more faxes stay; only their warnings differ.",
        count,
    )


def show_counts(screen: Screen, result: Mapping[str, Any]) -> None:
    """Counts of checked faxes and changed verdicts, split into newly invalid and newly valid."""
    t = screen.t
    grid = st.grid(4, min_column_width=150, key=f"counts-{result['run_id']}")
    for label, key in (
        (t("Faxes checked"), "scanned"),
        (t("Verdicts changed"), "changed"),
        (t("Newly invalid"), "newly_invalid"),
        (t("Newly valid"), "newly_valid"),
    ):
        grid.metric(label, t.number(result[key]), border=True)


def show_changes(screen: Screen, rows: list[dict[str, Any]]) -> None:
    """First changed rows, before and after."""
    t = screen.t
    words = RuleLabels(t, screen.services.rulesets.rules())
    files = {report["report_id"]: report_name(t, report) for report in ready_reports(screen)}
    named = [
        {
            **row,
            "report": files.get(row["report_id"], row["report_id"]),
            "before": words.labels(row.get("violations_before")) or t("valid"),
            "after": words.labels(row.get("violations_after")) or t("valid"),
        }
        for row in rows
    ]
    fields = [
        Field("fax_id", t("Fax ID")),
        Field("called_text", t("Called number"), width="medium"),
        Field("before", t("Before"), width="medium"),
        Field("after", t("After"), width="medium"),
        Field("report", t("Import"), width="medium"),
        Field("line", t("Record"), "count"),
    ]
    st.markdown("**" + t("Faxes that change") + "**")
    if len(rows) == MOST_CHANGES:
        st.caption(t("The first {count}.", count=MOST_CHANGES))
    show_table(screen, named, fields, key="changes")


def show_runs(screen: Screen) -> None:
    """History of runs; a selected one in full."""
    t = screen.t
    runs = sorted(screen.services.validation.runs(), key=lambda run: run["started_at"], reverse=True)
    if not runs:
        st.info(t("No re-validation has been run yet."), icon=":material/history:")
        return
    fields = [
        Field("started_at", t("Started"), "time"),
        Field("ruleset", t("Ruleset"), width="medium"),
        Field("before", t("Before"), width="medium"),
        Field("kind", t("Kind")),
        Field("scanned", t("Faxes"), "count"),
        Field("changed", t("Changed"), "count"),
        Field("newly_invalid", t("Newly invalid"), "count"),
        Field("newly_valid", t("Newly valid"), "count"),
        Field("seconds", t("Duration"), "seconds"),
    ]
    named = [
        {
            **run,
            "before": ", ".join(run.get("rulesets_before") or {}),
            "kind": t("dry run") if run["dry_run"] else t("run"),
        }
        for run in runs
    ]
    listed = hash(tuple(run["run_id"] for run in runs))
    with st.container(key="runs"):
        row = show_table(screen, named, fields, key=f"runs-{listed:x}", selectable=True)
    st.caption(t("Select a run to see its rules before and after."))
    if row is not None:
        _show_run(screen, runs[row])


def _show_run(screen: Screen, run: Mapping[str, Any]) -> None:
    t = screen.t
    words = RuleLabels(t, screen.services.rulesets.rules())
    before, after = run.get("violations_before") or {}, run.get("violations_after") or {}
    with st.container(border=True):
        show_counts(screen, run)
        rows = [
            {"label": words.label(rule), "before": before.get(rule, 0), "after": after.get(rule, 0)}
            for rule in dict.fromkeys([*before, *after])
        ]
        fields = [
            Field("label", t("Rule"), width="large"),
            Field("before", t("Faxes before"), "count"),
            Field("after", t("Faxes after"), "count"),
        ]
        show_table(screen, rows, fields, key="run-rules")
        if run["changed"]:
            run_id = run["run_id"]
            offer = Offer("changes", f"changes-{run_id}.csv", separator=";", bom=True, subject=run_id)
            link(screen, t("Changed faxes (CSV)"), offer)


def _ask_run(screen: Screen, result: Mapping[str, Any], report_id: str | None) -> None:
    t = screen.t
    ruleset_id = _ruleset_id(result)
    ask(
        t("Validate the stored faxes again?"),
        t(
            "{changed} verdicts change, for everyone who uses this data. A run over all imports also "
            "makes “{ruleset}” the active ruleset for new imports.",
            changed=result["changed"],
            ruleset=in_markdown(ruleset_id),
        ),
        t("Validate"),
        lambda: _start(screen, ruleset_id, report_id, dry_run=False),
    )


def _start(screen: Screen, ruleset_id: str, report_id: str | None, *, dry_run: bool) -> None:
    st.session_state.pop(f"{JOB}-result", None)
    validation = screen.services.validation

    def work(report: Callable[[object], None]) -> object:
        return validation.run(
            ruleset_id, report_id, dry_run=dry_run, progress=lambda done, total: report(Judged(done, total))
        )

    job = screen.running.jobs.start("validation", ruleset_id, work)
    st.session_state[JOB] = job.job_id
    st.session_state[TRIED] = report_id


def _ruleset_id(result: Mapping[str, Any]) -> str:
    return str(result["ruleset"]).partition("@")[0]
