"""Downloads of the correction list, for one address book or for all."""

from __future__ import annotations

import datetime as dt
from functools import partial

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.languages import LOCALES
from faxcloud.presentation.csv_files import PLAIN
from faxcloud.services.analytics.corrections import MOST_EXPORTED
from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.downloads import ICON
from faxcloud.ui.widgets.files import CSV, offer_file


def offer_list(
    screen: Screen, selection: Filters, key: str, *, rule: str | None = None, user: str | None = None
) -> None:
    """Download buttons in both formats; nothing without the permission to export."""
    if not can("rows.export"):
        return
    t = screen.t
    name = f"faxcloud-corrections-{dt.datetime.now(screen.running.settings.zone):%Y-%m-%d}"
    with st.popover(t("Download the list"), icon=ICON, key=f"{key}-downloads"):
        st.caption(t("One line per user, number and cause, with the suggested number and what to do."))
        st.caption(t("At most {most} lines.", most=MOST_EXPORTED))
        for label, suffix, dialect in (
            (t("CSV"), "", PLAIN),
            (t("CSV for Excel in French"), "-excel", LOCALES["fr"].csv),
        ):
            make = partial(
                screen.services.corrections.csv,
                selection,
                t,
                rule=rule,
                user=user,
                dialect=dialect,
            )
            offer_file(label, make, f"{name}{suffix}.csv", CSV, key=f"{key}{suffix}-csv")
