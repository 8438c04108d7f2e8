"""Results of imports, shown right after them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.ui.charts.kpis import show_kpis
from faxcloud.ui.imports.details import show_duplicates, show_ledger, show_rejects
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

if TYPE_CHECKING:
    from faxcloud.services.imports.archives import Outcome


def show_outcomes(screen: Screen, outcomes: Sequence[Outcome]) -> None:
    """List of several files or members of an archive, each with its figures or the reason of its refusal."""
    t = screen.t
    for outcome in outcomes:
        file = f"**{in_markdown(outcome.name, 200)}**"
        if outcome.error is not None:
            message, hint = outcome.error.render(t)
            st.error(f"{in_markdown(message, 500)} {in_markdown(hint, 500)}", icon=":material/block:")
        elif (result := outcome.result) is not None:
            facts = t(
                "{imported} faxes imported, {invalid} invalid; {rejected} records rejected, "
                "{duplicate} stored already",
                imported=result.imported,
                invalid=result.invalid,
                rejected=result.rejected,
                duplicate=result.duplicate,
            )
            st.success(f"{file} · {facts}", icon=":material/task_alt:")


def show_result(screen: Screen, result: Any) -> None:
    """Figures of the new import.

    Args:
        result: A `services.imports.importer.ImportResult`.
    """
    t = screen.t
    facts = dataclasses.asdict(result)
    with st.container(border=True, key="import-result"):
        st.markdown(
            f"**:material/task_alt: {in_markdown(facts['file'], 80)}** · "
            + t("imported and validated in {seconds:duration}", seconds=facts["seconds"])
        )
        show_ledger(t, facts)
        show_duplicates(t, facts)
        summary = screen.services.summaries.summary(Filters(report=facts["report_id"]))
        show_kpis(screen, summary.values, None, [])
        if facts["rejected"]:
            show_rejects(screen, facts)
