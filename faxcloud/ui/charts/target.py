"""Form for the compliance target and threshold, shown at the chart."""

import streamlit as st

from faxcloud.errors import FaxCloudError
from faxcloud.services.analytics.compliance_target import Rates
from faxcloud.ui.access import can
from faxcloud.ui.errors import show_refusal
from faxcloud.ui.screen import Screen


def offer_target(screen: Screen, rates: Rates) -> None:
    """Button with the form for target and threshold, for those who may change them."""
    if not can("settings.change"):
        return
    t = screen.t
    with (
        st.popover(t("Target"), icon=":material/flag:", type="tertiary", key="target"),
        st.form("target-form", border=False),
    ):
        st.caption(
            t(
                "For everybody who uses this data: from the target on a period is good, below the "
                "threshold it is bad."
            )
        )
        target = _percent(t("Target (%)"), rates.target, "target-rate")
        threshold = _percent(t("Threshold (%)"), rates.threshold, "threshold-rate")
        if st.form_submit_button(t("Save"), type="primary"):
            try:
                screen.services.targets.change(target, threshold)
            except FaxCloudError as error:
                show_refusal(error, t)
            else:
                st.rerun(scope="app")


def _percent(label: str, rate: float, key: str) -> float:
    given = st.number_input(
        label,
        min_value=0.0,
        max_value=100.0,
        value=round(rate * 100, 2),
        step=0.5,
        format="%g",
        key=key,
        width=200,
    )
    return round((given or 0.0) / 100, 6)
