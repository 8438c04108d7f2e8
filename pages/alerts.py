"""Alerts page: open alerts, history, rules, notification channels."""

import streamlit as st

from faxcloud.ui.access import can, require
from faxcloud.ui.alerts.channels import show_channels
from faxcloud.ui.alerts.history import show_history
from faxcloud.ui.alerts.open_alerts import show_open_alerts
from faxcloud.ui.alerts.rules import show_rules
from faxcloud.ui.screen import current_screen

require("alerts.read")
screen = current_screen()
t = screen.t
titles = [t("Alerts"), t("Rules"), t("History")]
if can("channels.change"):
    titles.append(t("Channels"))
standing, rules, history, *channels = st.tabs(titles, key="alerts-tab", on_change="rerun")
with standing:
    show_open_alerts()
if rules.open:
    with rules:
        show_rules(screen)
if history.open:
    with history:
        show_history(screen)
for tab in channels:
    if tab.open:
        with tab:
            show_channels(screen)
