"""Links to downloads: streamed by the server, never held in a page's memory."""

import datetime as dt

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Translator
from faxcloud.services.tickets import Offer
from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen

ICON = ":material/download:"


def show_export_links(screen: Screen, filters: Filters, faxes: int) -> None:
    """The whole selection in each format, not only the rows on the page; nothing for whoever may not."""
    if not can("rows.export"):
        return
    t = screen.t
    stem = f"faxcloud-{dt.datetime.now(screen.running.settings.zone):%Y-%m-%d}"
    with st.popover(t("Download"), icon=ICON, key="downloads"):
        st.caption(
            t.ngettext("The whole selection: {count} fax", "The whole selection: {count} faxes", faxes)
        )
        for label, offer in _offers(t, filters, stem):
            link(screen, label, offer)


def link(screen: Screen, label: str, offer: Offer) -> None:
    """One link; what it downloads is behind the ticket, not in the address."""
    ticket = screen.running.tickets.offer(offer)
    st.link_button(label, f"download/{ticket}/{offer.file_name}", icon=ICON, type="tertiary")


def _offers(t: Translator, filters: Filters, stem: str) -> list[tuple[str, Offer]]:
    return [
        (t("CSV"), Offer("export", f"{stem}.csv", filters)),
        (
            t("CSV for Excel in French"),
            Offer("export", f"{stem}-excel.csv", filters, separator=";", bom=True, decimal_comma=True),
        ),
        (t("Excel workbook (XLSX)"), Offer("export", f"{stem}.xlsx", filters, "xlsx")),
        (t("Parquet"), Offer("export", f"{stem}.parquet", filters, "parquet")),
        (t("JSON"), Offer("export", f"{stem}.json", filters, "json")),
    ]
