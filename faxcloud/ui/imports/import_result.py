"""Result of an import, shown right after it."""

import dataclasses
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.ui.charts.kpis import show_kpis
from faxcloud.ui.imports.details import show_duplicates, show_ledger, show_rejects
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen


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
