"""Pseudonymised exports: pseudonyms in place of numbers, names and ids."""

import datetime as dt
from dataclasses import replace
from typing import get_args

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.services.exports.formats import FORMATS, PseudonymisedFormat
from faxcloud.services.tickets import Offer
from faxcloud.ui.date_field import date_field
from faxcloud.ui.filters.import_list import ready_reports
from faxcloud.ui.filters.selection import report_name
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.downloads import link


def show_pseudonyms(screen: Screen) -> None:
    """Export form and its download links."""
    t = screen.t
    reports = {report["report_id"]: report for report in ready_reports(screen)}
    with st.container(border=True, key="pseudonyms"):
        st.header(t("Export with pseudonyms"), anchor=False)
        st.caption(
            t(
                "For analysts who need not know whose faxes they are: the same number has the same "
                "pseudonym in every export of this installation, and only the installation's key "
                "leads back to the number. It is still personal data."
            )
        )
        if not reports:
            st.caption(t("Nothing imported yet"))
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            report_id = st.selectbox(
                t("Import"),
                list(reports),
                index=None,
                placeholder=t("All imports"),
                format_func=lambda key: report_name(t, reports[key]),
                key="pseudonyms-report",
                width=320,
            )
            start = date_field(t("From"), "pseudonyms-start")
            end = date_field(t("To (inclusive)"), "pseudonyms-end")
        filters = Filters(report=report_id, start_date=start, end_date=end)
        stem = f"faxcloud-pseudonyms-{dt.datetime.now(screen.running.settings.zone):%Y-%m-%d}"
        with st.container(horizontal=True):
            for name in get_args(PseudonymisedFormat):
                offer = Offer("pseudonymised", f"{stem}.{name}", filters, name)
                link(screen, t(FORMATS[name].label), offer)
                if name == "csv":
                    excel = replace(
                        offer, file_name=f"{stem}-excel.csv", separator=";", bom=True, decimal_comma=True
                    )
                    link(screen, t("CSV for Excel in French"), excel)
