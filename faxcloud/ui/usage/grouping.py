"""Usage and cost by user, billing type, destination and other keys, with files for accounting."""

import datetime as dt
from functools import partial
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Translator
from faxcloud.services.analytics.usage import BY, UsageTable
from faxcloud.services.analytics.usage_files import KEY_TITLES
from faxcloud.ui.access import can
from faxcloud.ui.safe_text import plain
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.files import CSV, XLSX, csv_label, offer_file
from faxcloud.ui.widgets.tables import Field, show_table

KEY = "usage-by"
MOST_ROWS = 1_000
"""Maximum of table rows, beyond which browsers are slow; the files hold all."""


def chosen_key() -> Any:
    """The chosen grouping key, available before its widget is drawn."""
    return st.session_state.get(KEY) or BY[0]


def show_grouping(screen: Screen, selection: Filters, table: UsageTable) -> None:
    """Grouping widget, table, total and downloads."""
    t = screen.t
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="grouping"
    ):
        st.segmented_control(
            t("Grouped by"),
            BY,
            default=BY[0],
            required=True,
            format_func=lambda by: t(KEY_TITLES[by]),
            key=KEY,
            wrap=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        if can("usage.export"):
            with st.popover(t("Download"), icon=":material/download:", key="usage-files"):
                _offer_files(screen, selection, table)
    shown = [
        {**row, "name": plain(screen.services.usage.key_text(t, table.by, row["key"]), 200)}
        for row in table.rows[:MOST_ROWS]
    ]
    height = min(38 + 35 * max(1, len(shown)), 560)
    show_table(screen, shown, _fields(t, table), key=f"usage-{table.by}", height=height)
    if len(table.rows) > MOST_ROWS:
        st.caption(
            t("The first {rows} of {all}; the files contain all.", rows=MOST_ROWS, all=len(table.rows))
        )
    st.caption(
        t(
            "Costs are exact to a ten-thousandth, rounded once per fax: the lines add up to the "
            "total. They are shown with two decimals here and with four in the files."
        )
    )


def _fields(t: Translator, table: UsageTable) -> list[Field]:
    fields = [
        Field("name", t(KEY_TITLES[table.by]), width="medium"),
        Field("cost", t("Cost, {currency}", currency=table.prices.currency), "decimal"),
        Field("billed_pages", t("Billed pages"), "decimal"),
        Field("pages", t("Pages"), "count"),
        Field("faxes", t("Faxes"), "count"),
        Field("duration_s", t("Duration"), "seconds"),
        Field("internal", t("Internal calls"), "count"),
        Field("international", t("International calls"), "count"),
    ]
    if table.prices.prices and table.total["without_price"]:
        fields.append(Field("without_price", t("Faxes without price"), "count"))
    return fields


def _offer_files(screen: Screen, selection: Filters, table: UsageTable) -> None:
    t, usage = screen.t, screen.services.usage
    today = dt.datetime.now(screen.running.settings.zone)
    stem = f"faxcloud-usage-{table.by.replace('_', '-')}-{today:%Y-%m-%d}"
    st.caption(t("For accounting: every line and their total."))
    offer_file(csv_label(t), partial(usage.csv, selection, table.by, t), f"{stem}.csv", CSV, key="usage-csv")
    offer_file(
        t("Excel workbook (XLSX)"),
        partial(usage.workbook, selection, table.by, t),
        f"{stem}.xlsx",
        XLSX,
        key="usage-xlsx",
    )
