"""Alerts service: rules that watch published numbers, and the alerts that they opened.

An alert is `open` until somebody has seen it (`acknowledged`), and `resolved` when the numbers are good again
or somebody says so. A rule has one alert at a time that is not resolved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from faxcloud.domain.alerts import AlertRule
from faxcloud.domain.masking import mask_name, mask_text
from faxcloud.errors import AlertIsResolved, AlertNotFound, AlertRuleInvalid
from faxcloud.i18n import N_
from faxcloud.languages import CsvDialect
from faxcloud.services.actors import current_actor
from faxcloud.services.alerts import files
from faxcloud.services.alerts.evaluation import Evaluator, alert_event
from faxcloud.services.alerts.measuring import Measuring
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.services.journal import Journal, Note
from faxcloud.services.scoping import IN_FULL, Scope, require_everything
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import alerts as records
from faxcloud.store.records.alerts import STATES, Alert, AlertState, StoredRule
from faxcloud.store.records.channels import queue_notices

__all__ = ["STATES", "Alert", "AlertState", "Alerts", "StoredRule"]

MOST_RULES = 200
"""Each is measured whenever the data moves."""

MOST_PER_PAGE = 1_000


class Alerts:
    """Service for alerts and rules.

    Reading takes `alerts.read`, acknowledging and resolving `alerts.acknowledge`, the rest `alerts.change`.
    An actor limited to some reports sees the alerts about these, and changes no rule.

    Args:
        zone: Time zone of the fax service, whose days make up windows.
        on_queued: Called after a notice was queued, so that it need not wait.
        clock: Current time.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        journal: Journal,
        summaries: Summaries,
        zone: dt.tzinfo,
        *,
        on_queued: Callable[[], None] = lambda: None,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._scope = Scope(catalogue)
        self._clock = clock
        self._on_queued = on_queued
        measuring = Measuring(catalogue, summaries, zone)
        self._evaluator = Evaluator(catalogue, journal, measuring, on_queued, clock)
        self.worker = self._evaluator.worker

    def version(self) -> int:
        """Version that moves whenever a rule or an alert does; one small read."""
        with self._catalogue.read() as conn:
            return data_version(conn, records.DATA_VERSION)

    def rules(self) -> list[StoredRule]:
        """All rules by name, with their newest evaluation."""
        current_actor().require("alerts.read")
        with self._catalogue.read() as conn:
            found = records.list_rules(conn)
        return [replace(stored, rule=_masked(stored.rule)) for stored in found if self._sees(stored.rule)]

    def save_rule(self, rule: AlertRule, rule_id: str | None = None, *, is_enabled: bool = True) -> str:
        """Add or replace a rule; returns its id. The server evaluates it at once.

        Raises:
            AlertRuleInvalid: the name is taken, or there are too many.
            AlertRuleNotFound: there is none of that id.
        """
        self._require_change()
        with self._catalogue.write() as conn:
            saved = self._save(conn, rule, rule_id, is_enabled=is_enabled)
        self.worker.wake()
        return saved

    def delete_rule(self, rule_id: str) -> None:
        """Delete a rule. Its alerts stay in the history; open ones are resolved.

        Raises:
            AlertRuleNotFound: there is none of that id.
        """
        self._require_change()
        with self._catalogue.write() as conn:
            last = records.newest_alert(conn, rule_id)
            records.delete_rule(conn, rule_id)
            self._journal.record(conn, Note("alert_rule.delete", f"alert_rule:{rule_id}"))
            if last is not None and last.state != "resolved":
                self._resolve(conn, last)

    def export_rules(self) -> str:
        """Export all rules as a JSON document, which `import_rules` reads."""
        self._require_change()
        with self._catalogue.read() as conn:
            found = records.list_rules(conn)
        self._journal.write(Note("alert_rule.export", details={"rules": len(found)}))
        return files.written(found)

    def import_rules(self, text: str) -> dict[str, int]:
        """Import rules from a document: one of a known name is replaced, others are added, none is deleted.

        Returns:
            Number of rules that were `added` and `replaced`.

        Raises:
            AlertRuleInvalid: the document or one of its rules is not right; nothing was changed.
        """
        self._require_change()
        given = files.read(text)
        with self._catalogue.write() as conn:
            known = {stored.rule.name: stored.rule_id for stored in records.list_rules(conn)}
            for rule, is_enabled in given:
                self._save(conn, rule, known.get(rule.name), is_enabled=is_enabled)
        self.worker.wake()
        replaced = sum(rule.name in known for rule, _ in given)
        return {"added": len(given) - replaced, "replaced": replaced}

    def test_rule(self, rule: AlertRule) -> dict[str, Any]:
        """Dry run of a rule, without its history; no alert opens and nobody is notified."""
        self._require_change()
        return self._evaluator.dry_run(rule)

    def evaluate(self, now: dt.datetime | None = None) -> list[dict[str, Any]]:
        """Evaluate every enabled rule once; returns each result. Nothing while another server does so."""
        self._require_change()
        return self._evaluator.evaluate(now)

    def open_alerts(self) -> list[Alert]:
        """Unresolved alerts, newest first."""
        return self.alerts(("open", "acknowledged"))

    def alerts(self, states: Sequence[AlertState] = STATES) -> list[Alert]:
        """Alerts in these states, newest first."""
        current_actor().require("alerts.read")
        with self._catalogue.read() as conn:
            found = records.list_alerts(conn, states)
        return [_shown(alert) for alert in found if self._sees(alert.rule)]

    def history(
        self, states: Sequence[AlertState] = STATES, page: int = 1, per_page: int = 50
    ) -> dict[str, Any]:
        """Page of the alert history, newest first: `total`, `page`, `per_page`, `pages`, `results`."""
        found = self.alerts(states)
        per_page = min(max(per_page, 1), MOST_PER_PAGE)
        first = (max(page, 1) - 1) * per_page
        return {
            "total": len(found),
            "page": page,
            "per_page": per_page,
            "pages": -(-len(found) // per_page),
            "results": [files.row_of(alert) for alert in found[first : first + per_page]],
        }

    def history_csv(self, dialect: CsvDialect) -> bytes:
        """Alert history as CSV, newest first, with the seconds until each was acknowledged and resolved."""
        found = self.alerts()
        self._journal.write(Note("alert.export", details={"alerts": len(found)}))
        return files.csv_of(found, dialect)

    def acknowledge(self, alert_id: str) -> Alert:
        """Acknowledge an alert; the first one to do so counts.

        Raises:
            AlertNotFound: there is none of that id.
            AlertIsResolved: it is resolved already.
        """
        actor = current_actor()
        with self._catalogue.write() as conn:
            alert = self._standing(conn, alert_id)
            if records.acknowledge_alert(conn, alert_id, actor.name, self._clock()):
                self._journal.record(
                    conn, Note("alert.acknowledge", f"alert:{alert_id}"), alert_event(alert, "acknowledged")
                )
            return _shown(records.get_alert(conn, alert_id))

    def resolve(self, alert_id: str) -> Alert:
        """Resolve an alert by hand. The rule opens no other one until it measures something else.

        Raises:
            AlertNotFound: there is none of that id.
            AlertIsResolved: it is resolved already.
        """
        with self._catalogue.write() as conn:
            self._resolve(conn, self._standing(conn, alert_id))
            found = _shown(records.get_alert(conn, alert_id))
        self._on_queued()
        return found

    def _standing(self, conn: Connection, alert_id: str) -> Alert:
        current_actor().require("alerts.acknowledge")
        alert = records.get_alert(conn, alert_id)
        if not self._sees(alert.rule):
            raise AlertNotFound(alert_id=alert_id)
        if alert.state == "resolved":
            raise AlertIsResolved(alert_id=alert_id)
        return alert

    def _resolve(self, conn: Connection, alert: Alert) -> None:
        now = self._clock()
        measured = self._evaluator.newest_evidence(conn, alert)
        records.resolve_alert(conn, alert.alert_id, current_actor().name, now, resolved_with=measured)
        queue_notices(conn, alert.alert_id, alert.rule.channels, "resolved", now)
        self._journal.record(
            conn, Note("alert.resolve", f"alert:{alert.alert_id}"), alert_event(alert, "resolved")
        )

    def _save(self, conn: Connection, rule: AlertRule, rule_id: str | None, *, is_enabled: bool) -> str:
        known = records.list_rules(conn)
        if any(stored.rule.name == rule.name and stored.rule_id != rule_id for stored in known):
            raise AlertRuleInvalid(field="name", value=rule.name, reason=N_("another rule has that name"))
        if rule_id is None and len(known) >= MOST_RULES:
            raise AlertRuleInvalid(field="name", value=rule.name, reason=N_("there are too many rules"))
        now = self._clock()
        if rule_id is None:
            by = current_actor().name
            rule_id = records.add_rule(conn, rule, is_enabled=is_enabled, by=by, now=now)
        else:
            records.change_rule(conn, rule_id, rule, is_enabled=is_enabled, now=now)
        details = {"metric": rule.metric, "comparison": rule.comparison, "is_enabled": is_enabled}
        self._journal.record(conn, Note("alert_rule.save", f"alert_rule:{rule_id}", details=details))
        return rule_id

    def _require_change(self) -> None:
        current_actor().require("alerts.change")
        require_everything()

    def _sees(self, rule: AlertRule) -> bool:
        actor = current_actor()
        if not actor.is_scoped:
            return True
        if rule.scope == "contract":
            return rule.scope_value in (actor.contracts or ())
        return rule.scope == "report" and self._scope.sees(rule.scope_value)


def _shown(alert: Alert) -> Alert:
    """As the actor may see it: no number and no e-mail address that stands where a name belongs."""
    rule = _masked(alert.rule)
    if rule == alert.rule:
        return alert
    return replace(alert, rule=rule, evidence={**alert.evidence, "filters": {}})


def _masked(rule: AlertRule) -> AlertRule:
    if current_actor().may(IN_FULL):
        return rule
    return replace(rule, name=mask_text(rule.name), scope_value=_masked_user(rule))


def _masked_user(rule: AlertRule) -> str:
    return mask_name(rule.scope_value, current_actor().names) if rule.scope == "user" else rule.scope_value
