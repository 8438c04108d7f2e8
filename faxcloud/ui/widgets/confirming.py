"""Confirmation dialog for destructive actions."""

from collections.abc import Callable

import streamlit as st

from faxcloud.ui.errors import shown_errors
from faxcloud.ui.language import current_translator


def ask(title: str, question: str, verb: str, act: Callable[[], None]) -> None:
    """Dialog that calls `act` when its button is pressed and shows an error of it inside."""

    @st.dialog(title)
    def dialog() -> None:
        t = current_translator()
        st.markdown(question)
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(t("Cancel"), key="confirm-no"):
                st.rerun()
            confirmed = st.button(verb, type="primary", key="confirm-yes")
        if confirmed:
            with shown_errors(), st.spinner(t("One moment…")):
                act()
                st.rerun()

    dialog()
