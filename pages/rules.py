"""Rules page: rulesets, trial of another ruleset, re-validation history."""

import streamlit as st

from faxcloud.ui.access import can
from faxcloud.ui.filters.import_list import ready_reports
from faxcloud.ui.rules.ruleset_problems import show_missing_active, show_unusable_files
from faxcloud.ui.rules.ruleset_text import ruleset_name, show_ruleset
from faxcloud.ui.rules.try_ruleset import show_runs, show_trial
from faxcloud.ui.screen import current_screen
from faxcloud.ui.widgets.empty import show_invitation

screen = current_screen()
t = screen.t
is_missing = show_missing_active(screen)
described, trial, runs = st.tabs(
    [t("Rulesets"), t("Try a ruleset"), t("History of runs")], key="rules-tab", on_change="rerun"
)
with described:
    shelf = screen.services.rulesets.shelf()
    show_unusable_files(t, shelf.errors)
    active_id = screen.services.rulesets.active_id()
    chosen = st.selectbox(
        t("Ruleset"),
        list(shelf.rulesets),
        index=list(shelf.rulesets).index(active_id) if active_id in shelf.rulesets else 0,
        format_func=lambda key: ruleset_name(t, shelf.rulesets[key], active_id),
        key="shown-ruleset",
        width=360,
    )
    show_ruleset(screen, shelf.rulesets[chosen], active_id)
if trial.open:
    with trial:
        if not can("validation.run"):
            st.info(t("Trying a ruleset requires the role analyst or administrator."), icon=":material/lock:")
        elif ready_reports(screen) or is_missing:
            show_trial(screen)
        else:
            show_invitation(screen)
if runs.open:
    with runs:
        show_runs(screen)
