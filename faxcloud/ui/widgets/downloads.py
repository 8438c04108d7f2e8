"""Download links: files streamed by the server, never held in a page's memory."""

import datetime as dt
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Translator
from faxcloud.services.exports.formats import FORMATS, Format
from faxcloud.services.tickets import Offer
from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen

ICON = ":material/download:"


def show_export_links(screen: Screen, filters: Filters, faxes: int, sort: str) -> None:
    """Export links for the whole selection in each format; nothing without the permission to export.

    Args:
        sort: Order of the rows, as on the page.
    """
    if not can("rows.export"):
        return
    t = screen.t
    stem = f"faxcloud-{filters.file_part()}-{dt.datetime.now(screen.running.settings.zone):%Y%m%d}"
    with st.popover(t("Download"), icon=ICON, key="downloads"):
        st.caption(
            t.ngettext("The whole selection: {count} fax", "The whole selection: {count} faxes", faxes)
        )
        for label, offer in export_offers(t, filters, stem, sort):
            link(screen, label, offer)


def link(screen: Screen, label: str, offer: Offer) -> None:
    """One download link; the address holds a ticket and not the selection."""
    ticket = screen.running.tickets.offer(offer)
    st.link_button(label, f"download/{ticket}/{offer.file_name}", icon=ICON, type="tertiary")


def export_offers(t: Translator, filters: Filters, stem: str, sort: str) -> list[tuple[str, Offer]]:
    """Label and offer of each link: a format per link, CSV in three dialects."""

    def offer(suffix: str, format_: Format, **style: Any) -> Offer:
        return Offer("export", f"{stem}{suffix}", filters, format_, sort=sort, **style)

    excel: dict[str, Any] = {"separator": ";", "bom": True, "decimal_comma": True}
    csv, *others = ((t(found.label), offer(f".{name}", name)) for name, found in FORMATS.items())
    return [
        csv,
        (t("CSV for Excel in French"), offer("-excel.csv", "csv", **excel)),
        (
            t("CSV for Excel in French, with the names of rules and yes or no"),
            offer("-excel-labels.csv", "csv", **excel, labels="fr"),
        ),
        *others,
    ]
