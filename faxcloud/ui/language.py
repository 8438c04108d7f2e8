"""The visitor's language: the address says it, or the browser does; a switch changes it."""

import streamlit as st

from faxcloud.i18n import LANGUAGES, Language, Translator, negotiate, translator

KEY = "lang"
NAMES: dict[Language, str] = {"en": "EN", "fr": "FR"}


def choose_language() -> Language:
    """Draw the switch. Bound to the address, so that a link opens in the language it was sent in."""
    browser = browser_language()
    return st.segmented_control(
        "Language / Langue",
        LANGUAGES,
        default=browser,
        required=True,
        format_func=NAMES.__getitem__,
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )


def current_language() -> Language:
    """The chosen language, also before the switch was drawn and inside fragments."""
    chosen = st.session_state.get(KEY) or st.query_params.get(KEY)
    return chosen if chosen in LANGUAGES else browser_language()


def current_translator() -> Translator:
    """The translator of the chosen language."""
    return translator(current_language())


def browser_language() -> Language:
    """French for a browser that asks for French first."""
    return negotiate(st.context.headers.get("Accept-Language") or st.context.locale)
