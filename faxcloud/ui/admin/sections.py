"""Section menu of the administration page; the address names the open section."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from faxcloud.i18n import N_, Translator
from faxcloud.ui.address import asked, keep
from faxcloud.ui.admin.audit import show_audit
from faxcloud.ui.admin.health import show_overview
from faxcloud.ui.admin.keys import show_access
from faxcloud.ui.admin.machine import show_machine
from faxcloud.ui.admin.privacy import show_privacy
from faxcloud.ui.admin.store import show_store
from faxcloud.ui.admin.traffic import show_traffic
from faxcloud.ui.admin.webhooks import show_webhooks
from faxcloud.ui.screen import Screen

KEY = "section"


@dataclass(frozen=True)
class Section:
    """One section: its title and the function that draws it."""

    title: str
    show: Callable[[Screen], None]


SECTIONS: dict[str, Section] = {
    "overview": Section(N_("Overview"), show_overview),
    "machine": Section(N_("Machine"), show_machine),
    "traffic": Section(N_("Traffic"), show_traffic),
    "keys": Section(N_("Keys"), show_access),
    "webhooks": Section(N_("Webhooks"), show_webhooks),
    "audit": Section(N_("Audit log"), show_audit),
    "store": Section(N_("Store"), show_store),
    "privacy": Section(N_("Privacy"), show_privacy),
}
FIRST = next(iter(SECTIONS))


def choose_section(t: Translator) -> Section:
    """Draw the section menu; returns the open section."""
    if KEY not in st.session_state:
        wanted = asked(KEY)
        st.session_state[KEY] = wanted if wanted in SECTIONS else FIRST
    chosen = st.segmented_control(
        t("Section"),
        list(SECTIONS),
        required=True,
        format_func=lambda name: t(SECTIONS[name].title),
        key=KEY,
        label_visibility="collapsed",
        persist_state="session",
    )
    name = chosen or FIRST
    keep(KEY, None if name == FIRST else name)
    return SECTIONS[name]
