"""Chart captions: one sentence that says what a chart shows."""

from collections.abc import Collection, Sequence
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.presentation.wording import period_name
from faxcloud.services.analytics.annotations import MarkKind
from faxcloud.ui.charts.heat import LEAST_FAXES


def comparison_says(t: Translator, rows: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]]) -> str:
    """Caption of a comparison: how many periods did better than the matching earlier one."""
    both = [
        (row["compliance_rate"], old["compliance_rate"])
        for row, old in zip(rows, before, strict=False)
        if row["compliance_rate"] is not None and old["compliance_rate"] is not None
    ]
    if not any(row["compliance_rate"] is not None for row in (*rows, *before)):
        return ""  # selected by verdict: there is no compliance to compare
    if not both:
        return t("No period has data both now and in the previous period.")
    return t(
        "Better than the previous period: {better} of {all}; unchanged: {same}.",
        better=sum(now > then for now, then in both),
        same=sum(now == then for now, then in both),
        all=len(both),
    )


def marks_say(t: Translator, kinds: Collection[MarkKind]) -> list[str]:
    """Legend of the annotation marks over a chart, for the kinds that occur."""
    sentences: dict[MarkKind, str] = {
        "import": t("▼ Data of an import begins."),
        "rules": t("◆ The rules changed."),
    }
    return [sentence for kind, sentence in sentences.items() if kind in kinds]


def pareto_offers(t: Translator, is_chosen: bool) -> str:
    """Hint on what a click on the Pareto chart does."""
    if is_chosen:
        return t("Click the bar of the selected rule to see all faxes again.")
    return t("Click a bar to filter this page by it.")


def few_say(t: Translator, rows: Sequence[dict[str, Any]]) -> str:
    """Note on grey cells, which have too few faxes for a rate; empty where there are none."""
    if all(row["faxes"] >= LEAST_FAXES for row in rows):
        return ""
    return t("Grey: fewer than {count} faxes, too few for a percentage.", count=LEAST_FAXES)


def users_say(t: Translator, rows: Sequence[dict[str, Any]], invalid: int) -> str:
    """Caption of the users chart: share of the shown users in all invalid faxes."""
    shown = sum(row["invalid"] for row in rows)
    return t(
        "These users account for {shown} of {invalid} invalid faxes ({share:percent}). Click a bar "
        "to filter by user.",
        shown=shown,
        invalid=invalid,
        share=shown / invalid,
    )


def cumulative_says(t: Translator, rows: Sequence[dict[str, Any]], grain: str) -> str:
    """Caption of the running totals: totals after the last period with a fax, and when half was reached."""
    last = rows[-1]
    half = next(row for row in rows if row["faxes"] * 2 >= last["faxes"])
    return t(
        "{faxes} faxes by {last}, {invalid} of them invalid, {pages} pages. Half of them by {half}.",
        faxes=last["faxes"],
        last=period_name(t, last["start"], grain),
        invalid=last["invalid"],
        pages=last["pages"],
        half=period_name(t, half["start"], grain),
    )
