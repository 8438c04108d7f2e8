"""Glossary: definitions of every published metric and of the terms on the pages."""

import streamlit as st

from faxcloud.domain.metrics import METRICS, Metric
from faxcloud.i18n import N_, Translator
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

UNITS = {
    "faxes": N_("faxes"),
    "pages": N_("pages"),
    "seconds": N_("seconds"),
    "rate": N_("a share, shown in percent"),
    "users": N_("users"),
    "violations": N_("violations"),
}

TERMS: tuple[tuple[str, str], ...] = (
    (
        N_("Import"),
        N_(
            "One file of the fax service that was read into FaxCloud. Every record of the file is "
            "imported, rejected, blank, or a duplicate that is stored already; nothing else can "
            "happen to it."
        ),
    ),
    (
        N_("Rejected record"),
        N_(
            "A record that is not a fax: too few or too many columns, an unclosed quotation mark. It "
            "is stored with its line, the reason and its text, and is not part of any figure."
        ),
    ),
    (
        N_("Direction (mode)"),
        N_("SF: sent fax. RF: received fax. Anything else violates a rule."),
    ),
    (
        N_("Called number"),
        N_("The number that the fax was sent to, or that received it, as the service exported it."),
    ),
    (
        N_("Normalised number"),
        N_(
            "The called number as digits only, with the country code: 01 45 22 11 34 becomes "
            "33145221134. Rules are applied to this form."
        ),
    ),
    (
        N_("Ruleset"),
        N_(
            "A named list of rules that faxes have to meet. One ruleset is active and is applied to "
            "new imports. Applying another one to stored faxes is a re-validation."
        ),
    ),
    (
        N_("Violation"),
        N_(
            "A rule of severity “error” that a fax does not meet. A fax may have several, one each "
            "for direction, number and pages; one is enough to make it invalid."
        ),
    ),
    (
        N_("Warning"),
        N_("A rule that a fax violates without becoming invalid, such as an unreadable date."),
    ),
    (
        N_("Target and threshold"),
        N_(
            "The compliance to be reached, and the one below which a period counts as bad. Your "
            "organisation chooses both; no law sets them."
        ),
    ),
    (
        N_("Previous period"),
        N_(
            "The same number of days just before the first day of the period shown. It exists only "
            "when both days are chosen."
        ),
    ),
    (
        N_("Real page, billed page"),
        N_(
            "The pages that were transmitted, and the pages on the invoice. A page that took long "
            "may be billed twice."
        ),
    ),
    (
        N_("Internal, international"),
        N_("As the service flags a call: to a number of the same customer; to a number outside France."),
    ),
    (
        N_("Correction"),
        N_(
            "One change in an address book that corrects every fax to the same wrong number. A "
            "number is suggested only where a single mistake explains the wrong one and the "
            "suggestion itself passes the rules."
        ),
    ),
    (
        N_("Masked"),
        N_(
            "Shown without what identifies a person: only the first and last digits of a number, no "
            "e-mail address."
        ),
    ),
    (
        N_("No data"),
        N_(
            "Nothing was counted. It is shown as such and never as zero: without faxes, compliance "
            "is neither 0 % nor 100 %."
        ),
    ),
)


def show_glossary(screen: Screen) -> None:
    """Searchable glossary: metrics first, then terms."""
    t = screen.t
    asked = st.text_input(
        t("Find a term"), key="glossary-word", placeholder=t("Compliance, billed, ruleset …"), width=360
    )
    words = asked.casefold().split()
    numbers = [metric for metric in METRICS if _has(words, t(metric.label), _basis(t, metric), metric.key)]
    terms = [(t(term), t(meaning)) for term, meaning in TERMS]
    terms = [(term, meaning) for term, meaning in terms if _has(words, term, meaning)]
    if not numbers and not terms:
        st.info(t("No definition contains this text."), icon=":material/search_off:")
    if numbers:
        st.header(t("Figures"), anchor=False)
        st.caption(t("One definition each, used by pages, reports, e-mails, API and exports."))
        for metric in numbers:
            _show_number(t, metric)
    if terms:
        st.header(t("Terms"), anchor=False)
        for term, meaning in terms:
            st.markdown(f"**{in_markdown(term)}**  \n{in_markdown(meaning, 1_000)}")


def _show_number(t: Translator, metric: Metric) -> None:
    with st.expander(f"**{in_markdown(t(metric.label))}** – {in_markdown(_basis(t, metric))}"):
        st.markdown(
            t(
                "Unit: {unit}. Without faxes: {nothing}. Name in API and exports: `{key}`.",
                unit=t(UNITS[metric.unit]),
                nothing=t("no data") if metric.no_data is None else t.number(metric.no_data),
                key=metric.key,
            )
        )
        st.code(metric.sql, language="sql", wrap_lines=True)


def _basis(t: Translator, metric: Metric) -> str:
    return t(metric.basis)


def _has(words: list[str], *texts: str) -> bool:
    whole = " ".join(texts).casefold()
    return all(word in whole for word in words)
