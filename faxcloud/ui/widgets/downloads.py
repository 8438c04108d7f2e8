"""Download links: files streamed by the server, never held in a page's memory."""

import datetime as dt
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Translator
from faxcloud.services.tickets import Format, Offer
from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen

ICON = ":material/download:"


def show_export_links(screen: Screen, filters: Filters, faxes: int, sort: str | None = None) -> None:
    """Export links for the whole selection in each format; nothing without the permission to export.

    Args:
        sort: The order that was chosen; that of storage for None.
    """
    if not can("rows.export"):
        return
    t = screen.t
    stem = f"faxcloud-{filters.file_part()}-{dt.datetime.now(screen.running.settings.zone):%Y%m%d}"
    with st.popover(t("Download"), icon=ICON, key="downloads"):
        st.caption(
            t.ngettext("The whole selection: {count} fax", "The whole selection: {count} faxes", faxes)
        )
        for label, offer in _offers(t, filters, stem, sort):
            link(screen, label, offer)


def link(screen: Screen, label: str, offer: Offer) -> None:
    """One download link; the address holds a ticket and not the selection."""
    ticket = screen.running.tickets.offer(offer)
    st.link_button(label, f"download/{ticket}/{offer.file_name}", icon=ICON, type="tertiary")


def _offers(t: Translator, filters: Filters, stem: str, sort: str | None) -> list[tuple[str, Offer]]:
    def offer(suffix: str, format_: Format, **style: Any) -> Offer:
        return Offer("export", f"{stem}{suffix}", filters, format_, sort=sort, **style)

    excel: dict[str, Any] = {"separator": ";", "bom": True, "decimal_comma": True}
    return [
        (t("CSV"), offer(".csv", "csv")),
        (t("CSV for Excel in French"), offer("-excel.csv", "csv", **excel)),
        (
            t("CSV for Excel in French, with the names of rules and yes or no"),
            offer("-excel-labels.csv", "csv", **excel, labels="fr"),
        ),
        (t("Excel workbook (XLSX)"), offer(".xlsx", "xlsx")),
        (t("Parquet"), offer(".parquet", "parquet")),
        (t("JSON"), offer(".json", "json")),
    ]
