"""Filter chips: filters without a widget on this page, each removed by a click."""

import streamlit as st

from faxcloud.domain.filters import FILTERS
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.selections import value_text
from faxcloud.ui.filters import selection
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

CHIPS = ("rule", "user", "status", "weekday")
LONGEST = 60


def show_chips(screen: Screen, names: tuple[str, ...] = CHIPS) -> None:
    """Draw a chip for each set filter among `names`. Call it after `filters.read_address`."""
    chosen = [name for name in names if selection.chosen(name) is not None]
    if not chosen:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chips"):
        for name in chosen:
            st.button(
                _label(screen, name),
                key=f"chip-{name}",
                icon=":material/close:",
                icon_position="right",
                help=screen.t("Remove this filter"),
                on_click=selection.drop,
                args=(name,),
            )
        st.caption(screen.t("This page is filtered to these faxes."), width="content")


def _label(screen: Screen, name: str) -> str:
    rules = RuleLabels(screen.t, screen.services.rulesets.rules())
    value = value_text(screen.t, name, selection.chosen(name), rules.label)
    label = next(entry.label for entry in FILTERS if entry.name == name)
    return screen.t("{filter}: {value}", filter=screen.t(label), value=in_markdown(value, LONGEST))
