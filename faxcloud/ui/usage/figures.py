"""KPI cards of usage and cost."""

from typing import Any

import streamlit as st

from faxcloud.domain.metrics import BY_KEY
from faxcloud.i18n import Translator
from faxcloud.services.analytics.usage import UsageTable
from faxcloud.services.analytics.usage_files import destination_text
from faxcloud.ui.access import can
from faxcloud.ui.charts.kpis import change_text, has_direction, signed, value_text
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.usage.money import money

FIGURES = ("billed_pages", "pages", "duration_s", "internal", "international")
MOST_NAMED = 5


def show_figures(screen: Screen, table: UsageTable) -> None:
    """Cost and the metrics behind it; the cards wrap to the width of the page."""
    t, total, previous = screen.t, table.total, table.previous or {}
    grid = st.grid(1 + len(FIGURES), min_column_width=150, gap="small", key="figures-usage")
    change = table.cost_change
    dearer = None if change is None else signed(t.percent(abs(change)), change)
    grid.metric(
        t("Cost"),
        money(t, total["cost"], table.prices.currency),
        delta=dearer,
        delta_color="off",
        delta_arrow="auto" if has_direction(dearer) else "off",
        help=t("Sum of the cost of each fax by the price list; faxes without a cost are excluded."),
        border=True,
        height="stretch",
    )
    for key in FIGURES:
        metric = BY_KEY[key]
        said = change_text(t, key, total[key], previous.get(key))
        grid.metric(
            t(metric.label),
            value_text(t, key, total[key]),
            delta=said,
            delta_color="off",
            delta_arrow="auto" if has_direction(said) else "off",
            help=t("Counts {basis}.", basis=t(metric.basis)),
            border=True,
            height="stretch",
        )


def show_unpriced(screen: Screen, table: UsageTable) -> None:
    """Faxes without a price, by billing type and destination; nothing if every fax has one."""
    t, total = screen.t, table.total
    if not table.prices.prices:
        st.info(_invitation(screen), icon=":material/payments:")
        return
    if total["without_price"]:
        lines = ["- " + _unpriced(t, row) for row in table.unpriced[:MOST_NAMED]]
        if len(table.unpriced) > MOST_NAMED:
            lines.append("- …")
        head = t.ngettext(
            "{count} fax has no price and is not in the cost:",
            "{count} faxes have no price and are not in the cost:",
            total["without_price"],
        )
        st.warning("\n".join([f"**{head}**", "", *lines]), icon=":material/money_off:")
    if total["without_amount"]:
        st.caption(
            t.ngettext(
                "{count} fax has a price per page or per minute, but no billed pages or no duration: it is "
                "not in the cost.",
                "{count} faxes have a price per page or per minute, but no billed pages or no duration: they "
                "are not in the cost.",
                total["without_amount"],
            )
        )


def _invitation(screen: Screen) -> str:
    t = screen.t
    if can("settings.change"):
        return t("There is no price yet, so there is no cost. Enter prices under “Price list”.")
    return t("There is no price yet, so there is no cost. An administrator enters the prices.")


def _unpriced(t: Translator, row: dict[str, Any]) -> str:
    billing_type = in_markdown(row["billing_type"] or t("(not specified)"), 60)
    destination = destination_text(t, row["destination"]).lower()
    return t.ngettext(
        "No price for billing type “{type}”, {destination}: {count} fax",
        "No price for billing type “{type}”, {destination}: {count} faxes",
        row["faxes"],
        type=billing_type,
        destination=destination,
    )
