"""What a click or another page has chosen, where no widget shows it: a chip each, and a click undoes it."""

import streamlit as st

from faxcloud.domain.blanks import trim
from faxcloud.i18n import Translator
from faxcloud.ui.filters import selection
from faxcloud.ui.labels import RuleWords
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

CHIPS = ("rule", "user", "status")
LONGEST = 60


def show_chips(screen: Screen, names: tuple[str, ...] = CHIPS) -> None:
    """Draw those of `names` that are chosen; nothing where none is. After `filters.read_address`."""
    chosen = [name for name in names if selection.chosen(name) is not None]
    if not chosen:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chips"):
        for name in chosen:
            st.button(
                _label(screen, name, str(selection.chosen(name))),
                key=f"chip-{name}",
                icon=":material/close:",
                icon_position="right",
                help=screen.t("Remove this filter"),
                on_click=selection.drop,
                args=(name,),
            )
        st.caption(screen.t("This page is filtered to these faxes."), width="content")


def _label(screen: Screen, name: str, value: str) -> str:
    t: Translator = screen.t
    if name == "rule":
        label = RuleWords.of(t, screen.services.rulesets).label(value)
        return t("Rule: {rule}", rule=in_markdown(label, LONGEST))
    if name == "user":
        return t("User: {user}", user=in_markdown(value, LONGEST) if trim(value) else t("(no name)"))
    return t("Verdict: {verdict}", verdict=t(selection.STATUS_NAMES[value]))
