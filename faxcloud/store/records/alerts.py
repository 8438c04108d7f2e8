"""Records of alert rules and alerts."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from faxcloud.domain.alerts import AlertRule
from faxcloud.errors import AlertNotFound, AlertRuleNotFound
from faxcloud.store.catalogue.data_versions import bump_data_version
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.tables import alert_rules, alerts, notices

DATA_VERSION = "alerts"
"""Moves with every change that a reader of alerts or rules sees."""

AlertState = Literal["open", "acknowledged", "resolved"]
STATES: tuple[AlertState, ...] = ("open", "acknowledged", "resolved")

_STANDING = ("open", "acknowledged")


@dataclass(frozen=True, slots=True)
class StoredRule:
    """Row of an alert rule; `evaluation` is the newest result, None before the first."""

    rule_id: str
    rule: AlertRule
    is_enabled: bool
    created_at: dt.datetime
    created_by: str
    updated_at: dt.datetime
    evaluated_at: dt.datetime | None
    evaluation: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Alert:
    """Row of an alert.

    Attributes:
        rule: The rule as it was when the alert was opened.
        acknowledged_by, resolved_by: An actor's name; `system` where the numbers themselves resolved it.
        evidence: Measured values, and the filters that show them.
    """

    alert_id: str
    rule_id: str
    rule: AlertRule
    state: AlertState
    opened_at: dt.datetime
    acknowledged_at: dt.datetime | None
    acknowledged_by: str | None
    resolved_at: dt.datetime | None
    resolved_by: str | None
    evidence: dict[str, Any]


def list_rules(conn: sa.Connection) -> list[StoredRule]:
    """All rules by name."""
    query = sa.select(alert_rules).order_by(alert_rules.c.name, alert_rules.c.rule_id)
    return [_stored(row) for row in conn.execute(query).mappings()]


def add_rule(conn: sa.Connection, rule: AlertRule, *, is_enabled: bool, by: str, now: dt.datetime) -> str:
    """Insert a rule; returns its id."""
    rule_id = f"rule_{secrets.token_hex(6)}"
    conn.execute(
        alert_rules.insert().values(
            rule_id=rule_id,
            name=rule.name,
            definition=rule.to_dict(),
            is_enabled=is_enabled,
            created_at=now,
            created_by=by,
            updated_at=now,
        )
    )
    bump_data_version(conn, DATA_VERSION)
    return rule_id


def change_rule(
    conn: sa.Connection, rule_id: str, rule: AlertRule, *, is_enabled: bool, now: dt.datetime
) -> None:
    """Replace a rule; it counts as not evaluated yet.

    Raises:
        AlertRuleNotFound: there is none of that id.
    """
    values: dict[str, Any] = {"name": rule.name, "definition": rule.to_dict(), "is_enabled": is_enabled}
    values |= {"updated_at": now, "evaluated_at": None, "evaluation": None}
    changed = conn.execute(alert_rules.update().where(alert_rules.c.rule_id == rule_id).values(**values))
    if changed.rowcount == 0:
        raise AlertRuleNotFound(rule_id=rule_id)
    bump_data_version(conn, DATA_VERSION)


def delete_rule(conn: sa.Connection, rule_id: str) -> None:
    """Delete a rule. Its alerts stay: they are history.

    Raises:
        AlertRuleNotFound: there is none of that id.
    """
    if conn.execute(alert_rules.delete().where(alert_rules.c.rule_id == rule_id)).rowcount == 0:
        raise AlertRuleNotFound(rule_id=rule_id)
    bump_data_version(conn, DATA_VERSION)


def keep_evaluation(
    conn: sa.Connection, rule_id: str, at: dt.datetime, evaluation: Mapping[str, Any]
) -> None:
    """Store the result of an evaluation; nothing where the rule is gone.

    The data version stays: otherwise pages would never stop refreshing.
    """
    values = {"evaluated_at": at, "evaluation": dict(evaluation)}
    conn.execute(alert_rules.update().where(alert_rules.c.rule_id == rule_id).values(**values))


def open_alert(
    conn: sa.Connection, rule_id: str, rule: AlertRule, evidence: Mapping[str, Any], now: dt.datetime
) -> str:
    """Insert an open alert; returns its id."""
    alert_id = sortable_id(now)
    conn.execute(
        alerts.insert().values(
            alert_id=alert_id,
            rule_id=rule_id,
            rule=rule.to_dict(),
            state="open",
            opened_at=now,
            evidence=dict(evidence),
        )
    )
    bump_data_version(conn, DATA_VERSION)
    return alert_id


def acknowledge_alert(conn: sa.Connection, alert_id: str, by: str, now: dt.datetime) -> bool:
    """Acknowledge an alert; False where it is not open (any more)."""
    return _move(conn, alert_id, ("open",), state="acknowledged", acknowledged_at=now, acknowledged_by=by)


def resolve_alert(
    conn: sa.Connection,
    alert_id: str,
    by: str,
    now: dt.datetime,
    *,
    resolved_with: Mapping[str, Any] | None = None,
) -> bool:
    """Resolve an alert; False where it is resolved already.

    Args:
        resolved_with: Values measured when somebody resolved it by hand.
    """
    values: dict[str, Any] = {"state": "resolved", "resolved_at": now, "resolved_by": by}
    if resolved_with is not None:
        known = get_alert(conn, alert_id).evidence
        values["evidence"] = {**known, "resolved_with": dict(resolved_with)}
    return _move(conn, alert_id, _STANDING, **values)


def get_alert(conn: sa.Connection, alert_id: str) -> Alert:
    """One alert.

    Raises:
        AlertNotFound: there is none of that id.
    """
    row = conn.execute(sa.select(alerts).where(alerts.c.alert_id == alert_id)).mappings().first()
    if row is None:
        raise AlertNotFound(alert_id=alert_id)
    return _alert(row)


def newest_alert(conn: sa.Connection, rule_id: str) -> Alert | None:
    """Newest alert of a rule, in any state."""
    newest = (
        sa.select(alerts)
        .where(alerts.c.rule_id == rule_id)
        # Of two alerts opened at the same instant, the unresolved one.
        .order_by(alerts.c.opened_at.desc(), sa.case((alerts.c.state == "resolved", 1), else_=0))
        .limit(1)
    )
    row = conn.execute(newest).mappings().first()
    return None if row is None else _alert(row)


def list_alerts(conn: sa.Connection, states: Sequence[AlertState] = STATES) -> list[Alert]:
    """Alerts, newest first."""
    query = (
        sa.select(alerts)
        .where(alerts.c.state.in_(states))
        .order_by(alerts.c.opened_at.desc(), alerts.c.alert_id.desc())
    )
    return [_alert(row) for row in conn.execute(query).mappings()]


def alerts_naming(
    conn: sa.Connection, names: Callable[[AlertRule], bool]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the rules, and of the alerts, whose definition identifies a subject, by `names`."""
    rules = tuple(stored.rule_id for stored in list_rules(conn) if names(stored.rule))
    return rules, tuple(alert.alert_id for alert in list_alerts(conn) if names(alert.rule))


def forget_alerts(conn: sa.Connection, names: Callable[[AlertRule], bool]) -> int:
    """Delete rules and alerts with their notices, for an erasure; returns how many.

    Their definitions hold names.
    """
    rules, theirs = alerts_naming(conn, names)
    conn.execute(notices.delete().where(notices.c.alert_id.in_(theirs)))
    conn.execute(alerts.delete().where(alerts.c.alert_id.in_(theirs)))
    conn.execute(alert_rules.delete().where(alert_rules.c.rule_id.in_(rules)))
    if rules or theirs:
        bump_data_version(conn, DATA_VERSION)
    return len(rules) + len(theirs)


def _move(conn: sa.Connection, alert_id: str, before: Sequence[str], **values: object) -> bool:
    movable = sa.and_(alerts.c.alert_id == alert_id, alerts.c.state.in_(before))
    if conn.execute(alerts.update().where(movable).values(**values)).rowcount == 0:
        return False
    bump_data_version(conn, DATA_VERSION)
    return True


def _stored(row: sa.RowMapping) -> StoredRule:
    values = {name: value for name, value in row.items() if name not in ("name", "definition")}
    return StoredRule(rule=AlertRule.from_dict(row["definition"]), **values)


def _alert(row: sa.RowMapping) -> Alert:
    return Alert(**{**row, "rule": AlertRule.from_dict(row["rule"])})
