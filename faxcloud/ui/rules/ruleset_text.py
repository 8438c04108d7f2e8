"""Ruleset description in plain text and in SQL."""

from itertools import groupby

import streamlit as st

from faxcloud.domain.rulesets.ruleset import Rule, Ruleset
from faxcloud.i18n import N_, Translator
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

FIELDS = {
    "mode": N_("Direction"),
    "number": N_("Called number"),
    "pages": N_("Pages"),
    "date": N_("Date"),
    "duration": N_("Duration"),
    "billed": N_("Billed pages"),
}
ICONS = {"error": ":material/cancel:", "warning": ":material/warning:"}
SEVERITIES = {"error": N_("error"), "warning": N_("warning")}


def ruleset_name(t: Translator, ruleset: Ruleset, active_id: str) -> str:
    """Title and id of a ruleset, and whether it judges new imports."""
    name = f"{ruleset.title.text(t.language)} ({ruleset.id})"
    return name if ruleset.id != active_id else name + " · " + t("active")


def show_ruleset(screen: Screen, ruleset: Ruleset, active_id: str) -> None:
    """Description, table of rules, and each rule in full."""
    t = screen.t
    st.markdown(in_markdown(ruleset.description.text(t.language), 1_000))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if ruleset.id == active_id:
            st.badge(t("applied to new imports"), icon=":material/check:", color="green")
        st.markdown(f"`{ruleset.key}`", width="content")
        st.caption(t.ngettext("{count} rule", "{count} rules", len(ruleset.rules)), width="content")
    st.caption(t("Within one field the first violated rule counts; each field is validated independently."))
    for field, rules in groupby(ruleset.rules, key=lambda rule: rule.field):
        st.markdown("**" + t(FIELDS[field]) + "**")
        for rule in rules:
            _show_rule(t, rule)
    if ruleset.derived:
        with st.expander(t("Named expressions that the conditions use"), icon=":material/function:"):
            for name, expression in ruleset.derived:
                st.markdown(f"`{name}`")
                st.code(expression, language="sql", wrap_lines=True)


def _show_rule(t: Translator, rule: Rule) -> None:
    label = in_markdown(rule.label.text(t.language))
    explanation = in_markdown(rule.explanation.text(t.language), 1_000)
    with st.expander(f"**{label}** – {explanation}", icon=ICONS[rule.severity]):
        st.markdown("**" + t("What to do:") + "** " + in_markdown(rule.remedy.text(t.language), 1_000))
        st.caption(
            t("`{rule}`, {severity}. Violated where:", rule=rule.id, severity=t(SEVERITIES[rule.severity]))
        )
        st.code(rule.when, language="sql", wrap_lines=True)
