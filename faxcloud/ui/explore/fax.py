"""Fax details dialog, with the reason for each violation."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.i18n import Translator
from faxcloud.presentation.rule_labels import RuleLabels, ids
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.filters import selection
from faxcloud.ui.safe_text import in_markdown, plain
from faxcloud.ui.screen import Screen, current_screen

LONGEST_VALUE = 400
OPENED = "opened_fax"


def open_selected(screen: Screen, rows: Sequence[dict[str, Any]], row: int | None, page: object) -> None:
    """Open the details of the selected row once.

    A page that is drawn again for another reason does not open them again.
    """
    selected = None if row is None else (page, row)
    if selected == st.session_state.get(OPENED):
        return
    st.session_state[OPENED] = selected
    if row is not None:
        open_fax(screen, rows[row]["report_id"], rows[row]["line"])


def open_fax(screen: Screen, report_id: str, line: int) -> None:
    """Show the details of a fax in a dialog."""

    @st.dialog(screen.t("One fax"), width="large", icon=":material/fax:")
    def dialog() -> None:
        with shown_errors():
            inside = current_screen()
            fax = inside.services.search.fax(report_id, line)
            if fax is None:
                st.info(inside.t("This fax has been deleted in the meantime."), icon=":material/info:")
                return
            words = RuleLabels(inside.t, inside.services.rulesets.rules())
            _show_verdict(inside, words, fax)
            _show_columns(inside, fax)

    dialog()


def _show_verdict(screen: Screen, words: RuleLabels, fax: dict[str, Any]) -> None:
    t = screen.t
    if fax["valide"]:
        st.success(t("Valid: no rule is violated."), icon=":material/check_circle:")
    for rule_id in ids(fax["erreurs"]):
        _show_reason(t, words, rule_id, ":material/cancel:", is_error=True)
    for rule_id in ids(fax.get("avertissements")):
        _show_reason(t, words, rule_id, ":material/warning:", is_error=False)


def _show_reason(t: Translator, words: RuleLabels, rule_id: str, icon: str, *, is_error: bool) -> None:
    rule = words.rules.get(rule_id)
    title = f"**{in_markdown(words.label(rule_id))}** · `{rule_id}`"
    if rule is not None:
        title += f"\n\n{in_markdown(rule.explanation.text(t.language), 1_000)}"
        title += "\n\n**" + t("What to do:") + "** " + in_markdown(rule.remedy.text(t.language), 1_000)
    (st.error if is_error else st.warning)(title, icon=icon)


def _show_columns(screen: Screen, fax: dict[str, Any]) -> None:
    t = screen.t
    names = _names(t)
    known = [(title, _text(t, name, fax.get(name))) for name, title in names.items()]
    filled = [(title, text) for title, text in known if text]
    half = (len(filled) + 1) // 2
    for column, part in zip(st.columns(2), (filled[:half], filled[half:]), strict=True):
        with column:
            _show_pairs(part)


def _show_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    for title, text in pairs:
        with st.container(gap=None):
            st.caption(title)
            st.text(text)  # never interpreted, and copied as it is


def _names(t: Translator) -> dict[str, str]:
    return {
        "date_heure": t("Date"),
        "date_brute": t("Date as exported"),
        "mode": t("Direction"),
        "mode_brut": t("Mode as exported"),
        "utilisateur": t("User"),
        "utilisateur_normalise": t("User, normalised"),
        "email": t("E-mail"),
        "revendeur": t("Reseller"),
        "numero_envoi": t("Sender number"),
        "numero_original": t("Called number as exported"),
        "numero_normalise": t("Called number, normalised"),
        "type_numero": t("Type of number"),
        "pays": t("Country"),
        "international": t("International call"),
        "interne": t("Internal call"),
        "pages": t("Pages"),
        "pages_brutes": t("Pages as exported"),
        "duree_s": t("Duration"),
        "duree_brute": t("Duration as exported"),
        "pages_facturees": t("Billed pages"),
        "pages_facturees_brutes": t("Billed pages as exported"),
        "type_facturation": t("Billing type"),
        "fax_id": t("Fax ID"),
        "report_id": t("Import"),
        "line": t("Record in the file"),
        "jeu_de_regles": t("Validated by"),
    }


def _text(t: Translator, name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name == "date_heure":
        return t.datetime(value)
    if name in ("international", "interne"):
        return t("yes") if value else t("no")
    if name == "mode":
        return (
            t(selection.MODE_NAMES[value]) if value in selection.MODE_NAMES else plain(value, LONGEST_VALUE)
        )
    if name == "duree_s":
        return t.duration(value)
    if name == "pages_facturees":
        return t.number(value, 2)
    if name in ("pages", "line"):
        return t.number(value)
    return plain(value, LONGEST_VALUE)
