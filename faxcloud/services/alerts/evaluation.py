"""Alert evaluation worker: measures and evaluates every enabled rule, on one server at a time."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from faxcloud.domain.alert_verdicts import State, judge
from faxcloud.domain.alerts import AlertRule
from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.services.alerts.measuring import Finding, Measuring
from faxcloud.services.journal import Event, Journal, Note
from faxcloud.services.worker import Worker
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import acquire, release
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.records import alerts as records
from faxcloud.store.records.alerts import Alert, AlertState, StoredRule
from faxcloud.store.records.channels import queue_notices

log = logging.getLogger(__name__)

LEASE = "alerts"
LEASE_S = 900.0
"""An evaluation over a lake of any size ends within this time. Alerts open once even if it does not."""

EVERY_S = 60.0
INTERVAL_S = 1.0


class Evaluator:
    """Evaluates rules and stores the results. Acts as FaxCloud itself, which sees everything."""

    def __init__(
        self,
        catalogue: Catalogue,
        journal: Journal,
        measuring: Measuring,
        on_queued: Callable[[], None],
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._measuring = measuring
        self._on_queued = on_queued
        self._clock = clock
        self._owner = f"{this_process()}|{secrets.token_hex(4)}"
        self.worker = Worker("alerts", self.evaluate_due, INTERVAL_S)

    def evaluate_due(self) -> None:
        """Evaluate the rules whose data has moved, that are new, or were evaluated a minute ago."""
        with self._catalogue.read() as conn:
            rules = records.list_rules(conn)
        if self._due(rules, self._clock()):
            self.evaluate(only_due=True)

    def evaluate(self, now: dt.datetime | None = None, *, only_due: bool = False) -> list[dict[str, Any]]:
        """Evaluate all rules once; returns each result.

        Nothing while another server does so; it ends early once the worker is stopped.
        """
        with self._catalogue.write() as conn:
            if not acquire(conn, LEASE, self._owner, LEASE_S):
                return []
        try:
            with acting(SYSTEM):
                return self._evaluate(now or self._clock(), only_due=only_due)
        finally:
            with self._catalogue.write() as conn:
                release(conn, LEASE, self._owner)

    def dry_run(self, rule: AlertRule) -> dict[str, Any]:
        """Dry run of a rule without its history: `action`, `reason` and the evidence."""
        with acting(SYSTEM):
            finding = self._measuring.find(rule, self._clock())
        verdict = judge(rule, finding.measured, State())
        return {"action": verdict.action, "reason": verdict.reason, **finding.evidence()}

    def newest_evidence(self, conn: Connection, alert: Alert) -> dict[str, Any]:
        """Newest evidence of an alert's rule.

        The opening evidence where the rule is gone or not evaluated yet.
        """
        evaluations = [
            stored.evaluation for stored in records.list_rules(conn) if stored.rule_id == alert.rule_id
        ]
        return (evaluations[0] or {}).get("evidence", alert.evidence) if evaluations else alert.evidence

    def _due(self, rules: list[StoredRule], now: dt.datetime) -> list[StoredRule]:
        mark = str(self._measuring.mark())
        return [stored for stored in rules if stored.is_enabled and _is_stale(stored, mark, now)]

    def _evaluate(self, now: dt.datetime, *, only_due: bool) -> list[dict[str, Any]]:
        with self._catalogue.read() as conn:
            rules = [stored for stored in records.list_rules(conn) if stored.is_enabled]
        if only_due:
            rules = self._due(rules, now)
        mark = str(self._measuring.mark())
        going_on = takewhile(lambda _: not self.worker.is_stopping, rules)
        found = [(stored, self._found(stored, now)) for stored in going_on]
        with self._catalogue.write() as conn:
            unchanged = {(stored.rule_id, stored.updated_at) for stored in records.list_rules(conn)}
            results = [
                self._apply(conn, stored, finding, mark, now)
                for stored, finding in found
                if (stored.rule_id, stored.updated_at) in unchanged
            ]
        if any(result["action"] for result in results):
            self._on_queued()
        return results

    def _found(self, stored: StoredRule, now: dt.datetime) -> Finding | str:
        """Measured values, or the code of the reason why there are none."""
        # A rule that cannot be measured must not stop the others; its own result says so.
        try:
            return self._measuring.find(stored.rule, now)
        except FaxCloudError as error:
            log.warning("alert rule %s was not measured: %s", stored.rule_id, error.message)
            return error.code
        except Exception:
            log.exception("alert rule %s was not measured", stored.rule_id)
            return "internal"

    def _apply(
        self,
        conn: Connection,
        stored: StoredRule,
        finding: Finding | str,
        mark: str,
        now: dt.datetime,
    ) -> dict[str, Any]:
        result: dict[str, Any] = {"rule_id": stored.rule_id, "name": stored.rule.name, "action": None}
        if isinstance(finding, str):
            failed = {"reason": "error", "error": finding}
            records.keep_evaluation(conn, stored.rule_id, now, {"mark": mark} | failed)
            return result | failed
        evidence = finding.evidence()
        last = records.newest_alert(conn, stored.rule_id)
        verdict = judge(stored.rule, finding.measured, _state(last, evidence, now))
        if verdict.action == "open":
            result["alert_id"] = self._open(conn, stored, evidence, now)
        elif verdict.action == "resolve" and last is not None:
            self._resolve(conn, last, now)
            result["alert_id"] = last.alert_id
        kept = {"mark": mark, "reason": verdict.reason, "evidence": evidence}
        records.keep_evaluation(conn, stored.rule_id, now, kept)
        return result | {"action": verdict.action, "reason": verdict.reason, **evidence}

    def _open(self, conn: Connection, stored: StoredRule, evidence: dict[str, Any], now: dt.datetime) -> str:
        alert_id = records.open_alert(conn, stored.rule_id, stored.rule, evidence, now)
        queue_notices(conn, alert_id, stored.rule.channels, "opened", now)
        details = {"rule_id": stored.rule_id, "metric": stored.rule.metric, "value": evidence["value"]}
        event = alert_event(records.get_alert(conn, alert_id), "open")
        self._journal.record(conn, Note("alert.open", f"alert:{alert_id}", details=details), event)
        return alert_id

    def _resolve(self, conn: Connection, alert: Alert, now: dt.datetime) -> None:
        records.resolve_alert(conn, alert.alert_id, SYSTEM.name, now)
        queue_notices(conn, alert.alert_id, alert.rule.channels, "resolved", now)
        note = Note("alert.resolve", f"alert:{alert.alert_id}", details={"rule_id": alert.rule_id})
        self._journal.record(conn, note, alert_event(alert, "resolved"))


def alert_event(alert: Alert, state: AlertState) -> Event:
    """Event for stream and webhooks: numbers and ids, neither the rule's name nor a user's."""
    rule, evidence = alert.rule, alert.evidence
    filters = evidence["filters"]
    data = {
        "alert_id": alert.alert_id,
        "rule_id": alert.rule_id,
        "state": state,
        "metric": rule.metric,
        "comparison": rule.comparison,
        "threshold": rule.threshold,
        "scope": rule.scope,
        **{name: evidence[name] for name in ("value", "baseline", "change_percent", "faxes")},
        **{name: filters.get(name) for name in ("report", "start_date", "end_date")},
    }
    return Event("alert", data, rule.scope_value if rule.scope == "report" else None)


def _is_stale(stored: StoredRule, mark: str, now: dt.datetime) -> bool:
    if stored.evaluated_at is None or stored.evaluation is None or stored.evaluation.get("mark") != mark:
        return True
    # In either direction: a clock that was ahead and has been set right must not silence a rule.
    return abs((now - stored.evaluated_at).total_seconds()) >= EVERY_S


def _state(last: Alert | None, evidence: dict[str, Any], now: dt.datetime) -> State:
    if last is None:
        return State()
    if last.state != "resolved" or last.resolved_at is None:
        return State(is_open=True)
    minutes = (now - last.resolved_at).total_seconds() / 60
    return State(
        resolved_minutes_ago=max(minutes, 0.0), is_told=last.evidence.get("resolved_with") == evidence
    )
