"""Scheduled e-mails page: recipients, schedule, preview, delivery status."""

import streamlit as st

from faxcloud.ui.access import can, require
from faxcloud.ui.mailings.details import show_mailing
from faxcloud.ui.mailings.list import show_list, show_new, show_server
from faxcloud.ui.screen import current_screen

require("mailings.read")
screen = current_screen()
t = screen.t
found = screen.services.mailings.list()

st.caption(
    t(
        "A summary of the last day, week or month by e-mail, in each recipient's language and at the "
        "hour they choose, with the report as PDF."
    )
)
show_server(screen)
chosen = show_list(screen, found) if found else None
if can("mailings.change"):
    show_new(screen, is_first=not found)
if chosen is not None:
    show_mailing(screen, chosen)
