"""Page language: from the address, else from the browser; changed by a switch."""

import streamlit as st

from faxcloud.i18n import LANGUAGES, Language, Translator, negotiate, translator
from faxcloud.ui.address import asked, keep

KEY = "lang"


def choose_language() -> Language:
    """Language switch. The choice is part of the address, so that a link opens in the sender's language."""
    browser = browser_language()
    if KEY not in st.session_state:
        st.session_state[KEY] = current_language()
    chosen = st.segmented_control(
        "Language / Langue",
        LANGUAGES,
        required=True,
        format_func=str.upper,
        key=KEY,
        label_visibility="collapsed",
        on_change=_say_again,
        persist_state="session",
    )
    language = chosen or browser
    keep(KEY, language if language != browser else None)
    return language


def _say_again() -> None:
    """Callback of the language switch: send every choice to the browser again, in the new language.

    The browser knows what is chosen by its label. Left alone it would show the old word, and send it with the
    next click, when it is no option any more: the filter would be lost or find nothing.
    """
    for key, value in st.session_state.items():
        # Other kinds have no label (dates, switches) or may not be set (buttons, files, picked rows).
        if _is_choice(value) or (isinstance(value, list) and value and all(map(_is_choice, value))):
            st.session_state[key] = value


def _is_choice(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def current_language() -> Language:
    """The chosen language, also before the switch was drawn and inside fragments."""
    chosen = st.session_state.get(KEY) or asked(KEY)
    return chosen if chosen in LANGUAGES else browser_language()


def current_translator() -> Translator:
    """Translator for the chosen language."""
    return translator(current_language())


def browser_language() -> Language:
    """Language of the browser's request: French if it prefers French, else English."""
    return negotiate(st.context.headers.get("Accept-Language") or st.context.locale)
