"""Alert exports: the history as rows and CSV, and rules as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from faxcloud.domain.alerts import AlertRule
from faxcloud.errors import AlertRuleInvalid
from faxcloud.i18n import N_
from faxcloud.languages import CsvDialect
from faxcloud.presentation.csv_files import csv_file
from faxcloud.store.records.alerts import Alert, StoredRule

RULES = "alert_rules"
ENABLED = "is_enabled"
MOST_AT_ONCE = 200
LONGEST_DOCUMENT = 1_000_000

COLUMNS = (
    *("alert_id", "rule_id", "name", "state", "metric", "comparison", "threshold", "scope", "scope_value"),
    *("value", "baseline", "change_percent", "faxes", "start_date", "end_date", "report"),
    *("opened_at", "acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by"),
    *("seconds_to_acknowledge", "seconds_to_resolve"),
)
"""Of a row of the history, in this order."""


def row_of(alert: Alert) -> dict[str, Any]:
    """Row of one alert with the names of `COLUMNS`.

    Seconds count from its opening, None while it did not happen.
    """
    rule, evidence = alert.rule, alert.evidence
    filters = evidence["filters"]
    return {
        "alert_id": alert.alert_id,
        "rule_id": alert.rule_id,
        "name": rule.name,
        "state": alert.state,
        **{
            name: getattr(rule, name)
            for name in ("metric", "comparison", "threshold", "scope", "scope_value")
        },
        **{name: evidence[name] for name in ("value", "baseline", "change_percent", "faxes")},
        **{name: filters.get(name) for name in ("start_date", "end_date", "report")},
        "opened_at": alert.opened_at,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": alert.acknowledged_by,
        "resolved_at": alert.resolved_at,
        "resolved_by": alert.resolved_by,
        "seconds_to_acknowledge": seconds_until(alert, "acknowledged_at"),
        "seconds_to_resolve": seconds_until(alert, "resolved_at"),
    }


def seconds_until(alert: Alert, moment: str) -> float | None:
    """Seconds from an alert's opening to one of its moments; None where that did not happen."""
    at = getattr(alert, moment)
    return None if at is None else max((at - alert.opened_at).total_seconds(), 0.0)


def csv_of(alerts: Sequence[Alert], dialect: CsvDialect) -> bytes:
    """CSV file of the history."""
    return csv_file(COLUMNS, ([row_of(alert)[name] for name in COLUMNS] for alert in alerts), dialect)


def written(rules: Sequence[StoredRule]) -> str:
    """JSON document with every rule."""
    listed = [stored.rule.to_dict() | {ENABLED: stored.is_enabled} for stored in rules]
    return json.dumps({RULES: listed}, ensure_ascii=False, indent=2) + "\n"


def read(text: str) -> list[tuple[AlertRule, bool]]:
    """Rules of a document, each with whether it is enabled.

    Raises:
        AlertRuleInvalid: says which rule (counted from 1) and which of its fields.
    """
    return _listed(_document(text))


def _document(text: str) -> object:
    if len(text) > LONGEST_DOCUMENT:
        raise AlertRuleInvalid(field=RULES, value="…", reason=N_("the document is too long"))
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise AlertRuleInvalid(field=RULES, value="…", reason=N_("the document is not JSON")) from error


def _listed(document: object) -> list[tuple[AlertRule, bool]]:
    listed = document.get(RULES) if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MOST_AT_ONCE:
        raise AlertRuleInvalid(
            field=RULES, value="…", reason=N_("the document has no list “alert_rules”, or it is too long")
        )
    given = [_one(number, values) for number, values in enumerate(listed, 1)]
    names = [rule.name for rule, _ in given]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise AlertRuleInvalid(field="name", value=twice, reason=N_("two rules have that name"))
    return given


def _one(number: int, values: object) -> tuple[AlertRule, bool]:
    if not isinstance(values, Mapping):
        raise AlertRuleInvalid(field=f"{RULES}[{number}]", value="…", reason=N_("it is not a rule"))
    fields = dict(values)
    is_enabled = fields.pop(ENABLED, True)
    if not isinstance(is_enabled, bool):
        raise AlertRuleInvalid(field=f"{RULES}[{number}].{ENABLED}", value="…", reason=N_("true or false"))
    try:
        return AlertRule.from_dict(fields), is_enabled
    except AlertRuleInvalid as error:
        named = f"{RULES}[{number}].{error.values['field']}"
        raise AlertRuleInvalid(**{**error.values, "field": named}) from error
