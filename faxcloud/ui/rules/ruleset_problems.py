"""Ruleset problems: what is wrong and what to do about it."""

from collections.abc import Mapping

import streamlit as st

from faxcloud.errors import FaxCloudError, RulesError
from faxcloud.i18n import Translator
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

LONGEST = 1_000


def show_missing_active(screen: Screen) -> bool:
    """Error message if the active ruleset cannot be used; returns whether that is so."""
    t = screen.t
    try:
        screen.services.rulesets.active()
    except RulesError as error:
        message, _ = error.render(t)
        remedy = t(
            "New imports are refused until this is solved; stored faxes keep their verdicts. Correct "
            "the file of “{ruleset}” in HOME/rulesets, or validate all imports by another ruleset "
            "(Rules, “Try a ruleset”): it then becomes the active one.",
            ruleset=in_markdown(screen.services.rulesets.active_id()),
        )
        st.error(f"**{in_markdown(message, LONGEST)}**\n\n{remedy}", icon=":material/rule:")
        return True
    return False


def show_unusable_files(t: Translator, errors: Mapping[str, FaxCloudError]) -> None:
    """Invalid ruleset files of the user, each with its error."""
    if not errors:
        return
    lines = ["**" + t("Your own rulesets that cannot be used") + "**"]
    for name, error in sorted(errors.items()):
        message, hint = error.render(t)
        lines.append(
            f"- **{in_markdown(name, 80)}**: {in_markdown(message, LONGEST)} {in_markdown(hint, LONGEST)}"
        )
    st.warning("\n".join(lines), icon=":material/warning:")
