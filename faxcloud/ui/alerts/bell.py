"""Notification bell: number of open alerts, new alerts as toasts, and an optional sound.

Drawn inside the fragment that looks for new data: while nothing has happened it costs one small read.
"""

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.services.alerts.alert_sound import alert_tone
from faxcloud.services.alerts.rules import Alert
from faxcloud.services.alerts.wording import sentence
from faxcloud.ui.access import can
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

SOUND = "sound"
"""Preference, off by default: browsers require a user gesture before they play sound."""

KNOWN = "bell_known"
SEEN = "bell_seen"
RUNG = "bell_rung"
SWITCH = "bell_sound"

RINGS_S = 20.0
"""Lifetime of the audio element: it plays once, and a page that is opened later stays silent."""

# Streamlit's audio player starts automatically once, and not at all if the page reruns at that moment.
PLAY = """<script>
if (window.faxcloudRung !== SERIAL) {
  window.faxcloudRung = SERIAL;
  setTimeout(() => {
    const sound = document.querySelector(".st-key-alert-sound audio");
    if (sound && sound.played.length === 0) sound.play().catch(() => {});
  }, 400);
}
</script>"""

MOST_SHOWN = 5
MOST_TOASTS = 3
HIDDEN = "<style>.st-key-alert-sound { position: absolute; visibility: hidden; width: 0; height: 0; }</style>"


def show_bell(screen: Screen) -> None:
    """Bell with its badge and menu; a toast and, if enabled, a sound for each new alert."""
    if not can("alerts.read"):
        return
    alerts = _standing(screen)
    _announce(screen, alerts)
    _show_popover(screen, alerts)
    _show_sound(screen)


def _standing(screen: Screen) -> Sequence[Alert]:
    """Alerts that are not resolved, newest first; read again when one of them has changed."""
    version = screen.services.alerts.version()
    known: tuple[int, Sequence[Alert]] | None = st.session_state.get(KNOWN)
    if known is None or known[0] != version:
        known = (version, screen.services.alerts.open_alerts())
        st.session_state[KNOWN] = known
    return known[1]


def _announce(screen: Screen, alerts: Sequence[Alert]) -> None:
    t = screen.t
    seen: set[str] | None = st.session_state.get(SEEN)
    ids = {alert.alert_id for alert in alerts}
    if seen is None:  # start of the visit: alerts that are open already get no toast
        st.session_state[SEEN] = ids
        return
    new = [alert for alert in alerts if alert.alert_id not in seen and alert.state == "open"]
    seen |= ids
    for alert in new[:MOST_TOASTS]:
        words = in_markdown(sentence(t, alert.rule, alert.evidence), 300)
        st.toast(f"**{in_markdown(alert.rule.name)}**  \n{words}", icon=":material/warning:", duration="long")
    if new:
        _ring()


def _ring() -> None:
    rung: tuple[int, float] = st.session_state.get(RUNG, (0, 0.0))
    st.session_state[RUNG] = (rung[0] + 1, time.monotonic())


def _show_popover(screen: Screen, alerts: Sequence[Alert]) -> None:
    t = screen.t
    count = sum(alert.state == "open" for alert in alerts)
    says = t.ngettext("{count} open alert", "{count} open alerts", count) if count else t("No open alert")
    label = f":red-badge[{t.number(count)}]" if count else ""
    with st.popover(label, icon=":material/notifications:", type="tertiary", help=says, key="bell"):
        st.markdown(f"**{says}**")
        for alert in alerts[:MOST_SHOWN]:
            _show_alert(screen, alert)
        st.page_link(page_file("alerts"), label=t("All alerts and rules"), icon=":material/arrow_forward:")
        _show_switch(screen)


def _show_alert(screen: Screen, alert: Alert) -> None:
    t = screen.t
    icon = ":material/error:" if alert.state == "open" else ":material/visibility:"
    st.markdown(f"{icon} **{in_markdown(alert.rule.name)}**")
    st.caption(in_markdown(sentence(t, alert.rule, alert.evidence), 300))
    if alert.state == "open" and can("alerts.acknowledge"):
        st.button(
            t("Acknowledge"),
            key=f"bell-acknowledge-{alert.alert_id}",
            icon=":material/done:",
            on_click=_acknowledge,
            args=(screen, alert.alert_id),
        )


def _acknowledge(screen: Screen, alert_id: str) -> None:
    if any(alert.alert_id == alert_id for alert in screen.services.alerts.open_alerts()):
        screen.services.alerts.acknowledge(alert_id)


def _show_switch(screen: Screen) -> None:
    t = screen.t
    if SWITCH not in st.session_state:
        st.session_state[SWITCH] = screen.services.preferences.get(SOUND, False) is True
    st.toggle(
        t("Sound"),
        key=SWITCH,
        persist_state="session",
        on_change=_switched,
        args=(screen.services.preferences,),
        help=t("Plays two short notes when an alert opens while a page of FaxCloud is open."),
    )


def _switched(preferences: Any) -> None:
    """Callback of the sound switch: saves the choice and plays the sound once, to set the volume."""
    preferences.put(SOUND, st.session_state[SWITCH])
    if st.session_state[SWITCH]:
        _ring()


def _show_sound(screen: Screen) -> None:
    serial, at = st.session_state.get(RUNG, (0, 0.0))
    if not serial or not st.session_state.get(SWITCH) or time.monotonic() - at > RINGS_S:
        return
    with st.container(key="alert-sound"):
        st.html(HIDDEN)
        st.audio(alert_tone(serial), format="audio/wav", autoplay=True, alt=screen.t("Sound of an alert"))
        st.html(PLAY.replace("SERIAL", str(serial)), unsafe_allow_javascript=True)
