"""Secrets that are shown once: a new API key, or the signing secret of a new webhook."""

from dataclasses import dataclass

import streamlit as st

from faxcloud.i18n import Translator


@dataclass(frozen=True)
class Secret:
    """A new secret: its name, its purpose, and the text itself."""

    title: str
    explanation: str
    text: str


def keep_secret(place: str, secret: Secret) -> None:
    """Store a new secret in the session until the visitor dismisses it or opens another section."""
    st.session_state[_name(place)] = secret


def forget_secret(place: str) -> None:
    """Remove the secret from the session."""
    st.session_state.pop(_name(place), None)


def show_secret(t: Translator, place: str) -> None:
    """Show the stored secret, if there is one."""
    secret: Secret | None = st.session_state.get(_name(place))
    if secret is None:
        return
    with st.container(border=True, key="secret"):
        st.markdown(f"**:material/key: {secret.title}**")
        st.markdown(secret.explanation)
        st.code(secret.text, language=None, wrap_lines=True)
        st.warning(
            t("It is shown only once. Copy it now: it can be replaced, but not shown again."),
            icon=":material/visibility_off:",
        )
        st.button(
            t("I have copied it"),
            on_click=forget_secret,
            args=(place,),
            key="secret-kept",
            icon=":material/check:",
        )


def _name(place: str) -> str:
    return f"secret-{place}"
