"""Rules: what is asked of a fax, what another ruleset would say, what was judged when."""

import streamlit as st

from faxcloud.ui.empty import show_invitation
from faxcloud.ui.history import ready_reports
from faxcloud.ui.ruleset import ruleset_name, show_ruleset
from faxcloud.ui.screen import current_screen
from faxcloud.ui.trial import show_runs, show_trial

screen = current_screen()
t = screen.t
described, trial, runs = st.tabs(
    [t("Rulesets"), t("Try a ruleset"), t("History of runs")], key="rules-tab", on_change="rerun"
)
with described:
    rulesets = {ruleset.id: ruleset for ruleset in screen.services.rulesets.list()}
    active = screen.services.rulesets.active()
    chosen = st.selectbox(
        t("Ruleset"),
        list(rulesets),
        index=list(rulesets).index(active.id) if active.id in rulesets else 0,
        format_func=lambda key: ruleset_name(t, rulesets[key], active),
        key="shown-ruleset",
        width=360,
    )
    show_ruleset(screen, rulesets[chosen], active)
if trial.open:
    with trial:
        if ready_reports(screen):
            show_trial(screen)
        else:
            show_invitation(screen)
if runs.open:
    with runs:
        show_runs(screen)
