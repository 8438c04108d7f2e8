"""Wording of alerts in the reader's language, for pages, channels and the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from faxcloud.domain.alerts import DAYS_SINCE_IMPORT, AlertRule, unit_of
from faxcloud.domain.metrics import BY_KEY
from faxcloud.i18n import N_, Translator
from faxcloud.services.alerts.apprise_sender import ANSWERED, NOT_TAKEN

DAYS_LABEL = N_("Days since the last import")

_SENTENCES = {
    "below": N_("{metric}: {value}, below the limit of {threshold}."),
    "above": N_("{metric}: {value}, above the limit of {threshold}."),
    "change_down": N_(
        "{metric}: {value}, {change} less than on the same weekdays before ({baseline}); limit {threshold}."
    ),
    "change_up": N_(
        "{metric}: {value}, {change} more than on the same weekdays before ({baseline}); limit {threshold}."
    ),
}
_COMPARISONS = {
    "below": N_("is below"),
    "above": N_("is above"),
    "change_down": N_("falls by more than (same weekday)"),
    "change_up": N_("rises by more than (same weekday)"),
}
_RULES = {
    "below": N_("{metric} below {threshold}"),
    "above": N_("{metric} above {threshold}"),
    "change_down": N_("{metric} down by more than {threshold} against the same weekday"),
    "change_up": N_("{metric} up by more than {threshold} against the same weekday"),
}
_STATES = {"open": N_("Open"), "acknowledged": N_("Acknowledged"), "resolved": N_("Resolved")}
_REASONS = {
    "breached": N_("outside the limit"),
    "fine": N_("within the limit"),
    "between": N_("not yet back within the limit by the margin"),
    "no_data": N_("no data, so no alert"),
    "too_few": N_("too few faxes"),
    "cooling": N_("outside the limit; the rule pauses after its last alert"),
    "told": N_("outside the limit; resolved by hand, nothing new since"),
    "error": N_("could not be measured"),
}
_SCOPES = {"all": N_("All"), "user": N_("User"), "report": N_("Import"), "contract": N_("Contract")}


def metric_label(t: Translator, metric: str) -> str:
    """Label of a published number, or of the days since the last import."""
    return t(DAYS_LABEL if metric == DAYS_SINCE_IMPORT else BY_KEY[metric].label)


def comparison_label(t: Translator, comparison: str) -> str:
    """Label of a comparison, for a choice."""
    return t(_COMPARISONS[comparison])


def state_label(t: Translator, state: str) -> str:
    """Label of an alert's state."""
    return t(_STATES[state])


def reason_label(t: Translator, reason: str) -> str:
    """Label of the reason of an evaluation's result."""
    return t(_REASONS[reason])


def scope_label(t: Translator, scope: str) -> str:
    """Label of a rule's scope."""
    return t(_SCOPES[scope])


def value_text(t: Translator, unit: str, value: float | None) -> str:
    """Format a number of a metric's unit, or a change in percent."""
    if value is None:
        return t.number(None)
    if unit == "rate":
        # Two decimals where there are any: 94.96 % must not read as the limit of 95 %.
        return t.percent(value, _decimals(round(value * 100, 9), 2))
    if unit == "percent":
        return t.percent(value / 100, _decimals(value, 1))
    if unit == "seconds":
        return t.duration(value)
    return t.number(value, _decimals(value, 2))


def sentence(t: Translator, rule: AlertRule, evidence: Mapping[str, Any]) -> str:
    """Finding in one sentence."""
    own_unit = unit_of(rule.metric)
    change = evidence["change_percent"]
    return t(
        _SENTENCES[rule.comparison],
        metric=metric_label(t, rule.metric),
        value=_beside_limit(t, rule, evidence["value"]),
        change=value_text(t, "percent", None if change is None else abs(change)),
        baseline=value_text(t, own_unit, evidence["baseline"]),
        threshold=value_text(t, rule.unit, rule.threshold),
    )


def _beside_limit(t: Translator, rule: AlertRule, value: float | None) -> str:
    """A measured value; one that would read as the limit has as many decimals as tell them apart."""
    unit = unit_of(rule.metric)
    text = value_text(t, unit, value)
    if unit != "rate" or rule.is_change or value is None or value == rule.threshold:
        return text
    return t.percent_beside(value, rule.threshold) if text == t.percent(rule.threshold, 2) else text


def basis(t: Translator, rule: AlertRule, evidence: Mapping[str, Any]) -> str:
    """Basis of a measurement: how many faxes, from when to when."""
    filters, faxes = evidence["filters"], evidence["faxes"]
    if rule.metric == DAYS_SINCE_IMPORT:
        return t("Counted in whole days from the newest import.")
    first, last = filters.get("start_date"), filters.get("end_date")
    if first is None or last is None:
        return t("Faxes measured: {faxes}.", faxes=faxes)
    days = {"first": dt.date.fromisoformat(first), "last": dt.date.fromisoformat(last)}
    if first == last:
        return t("Faxes measured: {faxes}. Day: {first}.", faxes=faxes, **days)
    return t("Faxes measured: {faxes}. Period: {first} – {last}.", faxes=faxes, **days)


def rule_text(t: Translator, rule: AlertRule) -> str:
    """Rule in one line."""
    threshold = value_text(t, rule.unit, rule.threshold)
    return t(_RULES[rule.comparison], metric=metric_label(t, rule.metric), threshold=threshold)


def title(t: Translator, rule: AlertRule, kind: str) -> str:
    """Message title: `opened`, `resolved` or `test`."""
    if kind == "resolved":
        return t("FaxCloud: resolved – {name}", name=rule.name)
    return t("FaxCloud: alert – {name}", name=rule.name)


def body(t: Translator, rule: AlertRule, evidence: Mapping[str, Any], kind: str, link: str | None) -> str:
    """Message body. It names no user: anybody may read a channel."""
    lines = [sentence(t, rule, evidence), basis(t, rule, evidence)]
    if kind == "resolved":
        lines = [t("This alert is resolved. It was:"), *lines]
    return "\n".join([*lines, *([link] if link else [])])


def _decimals(value: float, most: int) -> int:
    return 0 if float(value).is_integer() else most


def failure_text(t: Translator, error: str) -> str:
    """Reason why a channel refused a message, as it was stored."""
    if error == NOT_TAKEN:
        return t(NOT_TAKEN)
    if error.startswith(ANSWERED):
        return t("it answered {status}", status=error.removeprefix(ANSWERED))
    return error


def unit_text(t: Translator, unit: str) -> str:
    """Unit for the title of an input field; empty where the number says it all."""
    if unit in ("rate", "percent"):
        return t("in %")
    if unit == "seconds":
        return t("in seconds")
    return t("in days") if unit == "days" else ""


def typed(unit: str, value: float) -> float:
    """Value as people type it: a rate in percent; `meant` converts back without a binary fraction's rounding.

    >>> typed("rate", 0.955), meant("rate", 95.5), meant("percent", 30.0)
    (95.5, 0.955, 30.0)
    """
    return float(Decimal(str(value)) * 100) if unit == "rate" else value


def meant(unit: str, number: float) -> float:
    """Value of a rule for a number that was typed."""
    return float(Decimal(str(number)) / 100) if unit == "rate" else number
