"""Every published number and every word of the pages, with its definition."""

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
            "One export of the fax service that was read: its rows became faxes. Every record of the file "
            "is imported, rejected or blank; nothing else can happen to it."
        ),
    ),
    (
        N_("Rejected record"),
        N_(
            "A record that is no fax: too few or too many columns, a quote that never ends. It is kept "
            "with its line, the reason and its text, and counts in no number."
        ),
    ),
    (
        N_("Direction (mode)"),
        N_("SF: a fax that was sent. RF: a fax that was received. Anything else breaks a rule."),
    ),
    (
        N_("Called number"),
        N_("The number that the fax was sent to, or that received it, as the service exported it."),
    ),
    (
        N_("Normalised number"),
        N_(
            "The called number as digits alone, with the country code: 01 45 22 11 34 becomes 33145221134."
            " Rules judge it in this form."
        ),
    ),
    (
        N_("Ruleset"),
        N_(
            "What is asked of a fax, as a list of rules with a name. One ruleset is active: it judges new "
            "imports. Judging stored faxes again under another one is a re-validation."
        ),
    ),
    (
        N_("Violation"),
        N_(
            "A rule of severity error that a fax breaks. A fax may break several, one each for direction, "
            "number and pages; it is invalid from the first."
        ),
    ),
    (
        N_("Warning"),
        N_("A rule that a fax breaks without becoming invalid, such as a date that cannot be read."),
    ),
    (
        N_("Target and threshold"),
        N_(
            "The compliance to be reached, and the one below which a period counts as bad. Both are the "
            "house’s own choice; no law sets them."
        ),
    ),
    (
        N_("Previous period"),
        N_(
            "As many days, just before the first day of the period shown. It exists only where both days "
            "are chosen."
        ),
    ),
    (
        N_("Real page, billed page"),
        N_(
            "The pages that went through, and the pages on the invoice. A page that took long may be "
            "billed twice."
        ),
    ),
    (
        N_("Internal, international"),
        N_("As the service flags a call: to a number of the same customer; to a number outside France."),
    ),
    (
        N_("Correction"),
        N_(
            "One change in an address book that mends every fax to the same wrong number. A suggestion is "
            "made only where one slip explains the number, and it has passed the rules itself."
        ),
    ),
    (
        N_("Masked"),
        N_(
            "Shown without what tells who it is: the first and the last digits of a number, no e-mail "
            "address."
        ),
    ),
    (
        N_("No data"),
        N_(
            "Nothing was counted. It is said so, and never drawn as zero: no fax is neither 0 % nor 100 % "
            "compliant."
        ),
    ),
)


def show_glossary(screen: Screen) -> None:
    """The numbers, then the words; what is typed narrows both."""
    t = screen.t
    asked = st.text_input(
        t("Find a word"), key="glossary-word", placeholder=t("Compliance, billed, ruleset …"), width=360
    )
    words = asked.casefold().split()
    numbers = [metric for metric in METRICS if _has(words, t(metric.label), _basis(t, metric), metric.key)]
    terms = [(t(term), t(meaning)) for term, meaning in TERMS]
    terms = [(term, meaning) for term, meaning in terms if _has(words, term, meaning)]
    if not numbers and not terms:
        st.info(t("No definition holds these words."), icon=":material/search_off:")
    if numbers:
        st.subheader(t("Numbers"), anchor=False)
        st.caption(t("One definition each, for pages, reports, mails, API and exports."))
        for metric in numbers:
            _show_number(t, metric)
    if terms:
        st.subheader(t("Words"), anchor=False)
        for term, meaning in terms:
            st.markdown(f"**{in_markdown(term)}**  \n{in_markdown(meaning, 1_000)}")


def _show_number(t: Translator, metric: Metric) -> None:
    with st.expander(f"**{in_markdown(t(metric.label))}** – {in_markdown(_basis(t, metric))}"):
        st.markdown(
            t(
                "Unit: {unit}. Without any fax: {nothing}. Name in API and exports: `{key}`.",
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
