"""Alert evaluation over a real lake and catalogue: opened once, acknowledged, resolved, visible by role."""

from __future__ import annotations

import contextvars
import csv
import datetime as dt
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from faxcloud.domain.alerts import AlertRule
from faxcloud.errors import (
    AlertIsResolved,
    AlertNotFound,
    AlertRuleInvalid,
    AlertRuleNotFound,
    NotAllowed,
    OutOfScope,
)
from faxcloud.presentation.csv_files import PLAIN
from faxcloud.services.actors import Actor, acting
from faxcloud.services.alerts.rules import Alerts
from faxcloud.services.journal import Journal
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.records.alerts import forget_alerts
from faxcloud.store.records.events import events_after
from tests.live_store import opened, write_export
from tests.small_lake import Fax, Questions, at, fax, small_lake, store

NOW = dt.datetime(2026, 4, 15, 12, tzinfo=dt.UTC)
VIEWER, ANALYST = Actor("key:v", "viewer"), Actor("key:a", "analyst")


class World:
    """A lake with faxes, and a clock that the test moves."""

    def __init__(self, folder: Path, rows: list[Fax] | None = None) -> None:
        self.asked: Questions = (
            small_lake(folder / "lake") if rows is None else small_lake(folder / "lake", rows)
        )
        self.folder = folder
        self.now = NOW
        self.queued = threading.Event()
        self.alerts = self.server()

    def server(self) -> Alerts:
        journal = Journal(self.asked.catalogue, AuditTrail(self.folder / "keys", self.folder / "logs"))
        zone = ZoneInfo("Europe/Paris")
        return Alerts(
            self.asked.catalogue,
            journal,
            self.asked.summaries,
            zone,
            on_queued=self.queued.set,
            clock=lambda: self.now,
        )

    def watch(self, **values: Any) -> str:
        given = {"name": "r", "metric": "compliance_rate", "comparison": "below", "threshold": 0.9}
        return self.alerts.save_rule(AlertRule.from_dict(given | values))

    def look(self) -> dict[str, Any]:
        [look] = self.alerts.evaluate()
        return look

    def add(self, *rows: Fax, name: str) -> None:
        store(self.asked.lake, rows, name)

    def events(self) -> list[dict[str, Any]]:
        with self.asked.catalogue.read() as conn:
            return [event.data for event in events_after(conn, 0)]

    def audited(self) -> list[str]:
        lines = (self.folder / "logs" / "audit.log").read_text("utf-8").splitlines()
        return [json.loads(line)["action"] for line in lines]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.asked.catalogue.close()
    made.asked.engine.close()


def test_an_alert_opens_with_its_evidence_event_and_note(world: World) -> None:
    rule_id = world.watch(metric="faxes", threshold=3)
    look = world.look()
    assert (look["action"], look["reason"], look["value"]) == ("open", "breached", 2)
    [alert] = world.alerts.open_alerts()
    assert (alert.rule_id, alert.state, alert.opened_at) == (rule_id, "open", NOW)
    # The newest day with faxes: 9 March; the fax without a date is in no window of days.
    assert alert.evidence["filters"] == {"start_date": "2026-03-09", "end_date": "2026-03-09"}
    [event] = world.events()
    assert (event["alert_id"], event["state"], event["value"]) == (alert.alert_id, "open", 2)
    assert world.audited() == ["alert_rule.save", "alert.open"]
    assert world.queued.is_set()


def test_one_alert_stands_until_it_is_resolved(world: World) -> None:
    world.watch(metric="faxes", threshold=3)
    assert [world.look()["action"] for _ in range(3)] == ["open", None, None]
    [alert] = world.alerts.open_alerts()
    world.alerts.acknowledge(alert.alert_id)
    assert world.look()["action"] is None
    assert len(world.alerts.alerts()) == 1


def test_the_numbers_resolve_what_they_opened(world: World) -> None:
    world.watch(metric="faxes", threshold=3, hysteresis=1)
    world.look()
    world.add(fax(9, "r3", sent_at=at(9, 10)), name="r3")
    assert world.look()["reason"] == "between"
    world.add(fax(9, "r4", sent_at=at(9, 11)), name="r4")
    world.now += dt.timedelta(minutes=5)
    assert world.look()["action"] == "resolve"
    [alert] = world.alerts.alerts()
    assert (alert.state, alert.resolved_by, alert.acknowledged_at) == ("resolved", "system", None)
    [row] = world.alerts.history()["results"]
    assert (row["seconds_to_acknowledge"], row["seconds_to_resolve"]) == (None, 300.0)


def test_what_somebody_resolved_opens_again_only_with_another_finding(world: World) -> None:
    world.watch(metric="invalid", comparison="above", threshold=0, window_days=6, cool_down_minutes=0)
    world.look()
    [alert] = world.alerts.open_alerts()
    with acting(ANALYST):
        world.alerts.resolve(alert.alert_id)
    world.now += dt.timedelta(seconds=1)
    assert world.look()["reason"] == "told"
    world.add(fax(9, "r3", sent_at=at(9, 10), violations="number.length"), name="r3")
    assert world.look()["action"] == "open"
    assert [each.resolved_by for each in world.alerts.alerts()] == [None, "key:a"]


def test_a_rule_rests_for_its_cool_down(world: World) -> None:
    world.watch(metric="faxes", threshold=3, cool_down_minutes=30)
    world.look()
    world.alerts.resolve(world.alerts.open_alerts()[0].alert_id)
    world.add(fax(9, "r3", sent_at=at(10, 10)), name="r3")
    world.now += dt.timedelta(minutes=29)
    assert world.look()["reason"] == "cooling"
    world.now += dt.timedelta(minutes=1)
    assert world.look()["action"] == "open"


def test_acknowledging_is_the_first_ones_and_ends_with_the_alert(world: World) -> None:
    world.watch(metric="faxes", threshold=3)
    world.look()
    [alert] = world.alerts.open_alerts()
    world.now += dt.timedelta(seconds=90)
    with acting(ANALYST):
        assert world.alerts.acknowledge(alert.alert_id).acknowledged_by == "key:a"
    with acting(Actor("key:b", "analyst")):
        assert world.alerts.acknowledge(alert.alert_id).acknowledged_by == "key:a"
    assert world.alerts.history()["results"][0]["seconds_to_acknowledge"] == 90.0
    world.alerts.resolve(alert.alert_id)
    with pytest.raises(AlertIsResolved):
        world.alerts.acknowledge(alert.alert_id)
    with pytest.raises(AlertNotFound):
        world.alerts.acknowledge("unknown")


def test_a_change_is_measured_against_the_same_weekdays_that_have_faxes(tmp_path: Path) -> None:
    counts = {2: 4, 9: 6, 23: 5, 24: 99, 30: 2}  # Mondays, of which the 16th has none; the 24th is a Tuesday
    rows = [fax(line, sent_at=at(day)) for day, count in counts.items() for line in range(count)]
    world = World(tmp_path, [row | {"line": line} for line, row in enumerate(rows, 1)])
    world.watch(metric="faxes", comparison="change_down", threshold=59.9)
    look = world.look()
    assert (look["action"], look["baseline"], look["weeks"]) == ("open", 5.0, 3)
    assert look["change_percent"] == -60.0
    world.asked.catalogue.close()
    world.asked.engine.close()


def test_a_users_alert_names_nobody_in_events_and_notes(world: World) -> None:
    world.watch(
        metric="invalid", comparison="above", threshold=0, scope="user", scope_value="Accueil", window_days=6
    )
    assert world.look()["faxes"] == 3
    [alert] = world.alerts.open_alerts()
    assert alert.evidence["filters"]["user"] == "Accueil"
    assert "Accueil" not in json.dumps(world.events())
    assert "Accueil" not in (world.folder / "logs" / "audit.log").read_text("utf-8")


def test_a_day_in_the_future_moves_no_window(world: World) -> None:
    world.watch(metric="faxes", threshold=3)
    world.add(fax(9, "r3", sent_at=dt.datetime(2062, 1, 1, 9)), name="r3")  # noqa: DTZ001 - local, as stored
    assert world.look()["filters"]["end_date"] == "2026-03-09"


@pytest.mark.parametrize(
    ("metric", "minimum", "reason"),
    [("faxes", 1, "too_few"), ("faxes", 0, "breached"), ("compliance_rate", 0, "no_data")],
)
def test_a_user_without_a_fax_in_the_window_is_an_alarm_where_that_is_watched(
    world: World, metric: str, minimum: int, reason: str
) -> None:
    # Three faxes on the 4th and 5th, none on the newest day.
    scope = {"scope": "user", "scope_value": "Accueil"}
    world.watch(metric=metric, threshold=1, minimum_faxes=minimum, **scope)
    look = world.look()
    assert (look["reason"], look["faxes"]) == (reason, 0)


def test_a_window_from_before_all_calendars_is_measured(tmp_path: Path) -> None:
    world = World(tmp_path, [fax(1, "r1", sent_at=dt.datetime(1, 1, 3, 9))])  # noqa: DTZ001 - local, as stored
    world.watch(metric="faxes", threshold=2, window_days=30)
    try:
        assert world.look()["action"] == "open"
    finally:
        world.asked.catalogue.close()
        world.asked.engine.close()


def test_a_server_that_stops_measures_nothing_more(world: World) -> None:
    world.watch(metric="faxes", threshold=3)
    assert world.look()["action"] == "open"
    world.alerts.worker.stop()
    assert world.alerts.evaluate() == []


def test_a_report_that_is_gone_is_no_data_and_not_a_count_of_zero(world: World) -> None:
    world.watch(
        metric="faxes", threshold=1, scope="report", scope_value="r9", window="report", minimum_faxes=0
    )
    assert world.look()["reason"] == "no_data"


def test_a_report_is_watched_alone_and_seen_by_whom_it_concerns(world: World) -> None:
    world.watch(metric="faxes", threshold=100, scope="report", scope_value="r1", window="report")
    assert world.look()["value"] == 5
    with acting(Actor("key:s", "analyst", reports=("r1",))):
        assert [alert.rule.scope_value for alert in world.alerts.open_alerts()] == ["r1"]
    with acting(Actor("key:o", "analyst", reports=("r2",))):
        assert (world.alerts.open_alerts(), world.alerts.rules()) == ([], [])
        [alert_id] = [event["alert_id"] for event in world.events()]
        with pytest.raises(AlertNotFound):
            world.alerts.acknowledge(alert_id)


def test_whoever_sees_numbers_masked_sees_no_address_in_a_rule(world: World) -> None:
    world.watch(
        name="helene@chu.example", metric="faxes", threshold=9, scope="user", scope_value="helene@chu.example"
    )
    with acting(VIEWER):
        [stored] = world.alerts.rules()
        assert "helene" not in repr(stored.rule)
        with pytest.raises(NotAllowed):
            world.alerts.evaluate()


def test_rules_are_changed_by_analysts_who_see_everything(world: World) -> None:
    made = AlertRule.from_dict({"name": "x", "metric": "faxes", "comparison": "above", "threshold": 1})
    with acting(VIEWER), pytest.raises(NotAllowed):
        world.alerts.save_rule(made)
    with acting(Actor("key:s", "analyst", reports=("r1",))), pytest.raises(OutOfScope):
        world.alerts.save_rule(made)
    with acting(ANALYST):
        rule_id = world.alerts.save_rule(made)
        with pytest.raises(AlertRuleInvalid, match="another rule has that name"):
            world.alerts.save_rule(made)
        world.alerts.save_rule(made, rule_id, is_enabled=False)
        assert world.alerts.evaluate() == []
        world.alerts.delete_rule(rule_id)
        with pytest.raises(AlertRuleNotFound):
            world.alerts.delete_rule(rule_id)


def test_deleting_a_rule_resolves_what_it_opened_and_keeps_the_history(world: World) -> None:
    rule_id = world.watch(metric="faxes", threshold=3)
    world.look()
    world.alerts.delete_rule(rule_id)
    assert world.alerts.rules() == []
    assert [alert.state for alert in world.alerts.alerts()] == ["resolved"]


def test_a_test_says_what_a_rule_would_say_and_opens_nothing(world: World) -> None:
    rule = AlertRule.from_dict({"name": "x", "metric": "faxes", "comparison": "below", "threshold": 3})
    assert world.alerts.test_rule(rule)["action"] == "open"
    assert (world.alerts.alerts(), world.events()) == ([], [])


def test_two_servers_open_one_alert(world: World) -> None:
    world.watch(metric="faxes", threshold=3)
    servers = [world.alerts, world.server(), world.server()]
    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(server.evaluate,)) for server in servers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.alerts.alerts()) == 1


def test_a_running_server_notices_new_data_by_itself(world: World) -> None:
    world.watch(metric="faxes", comparison="above", threshold=2)
    with world.alerts.worker:
        assert not world.queued.is_set()
        world.add(fax(9, "r3", sent_at=at(9, 10)), name="r3")
        assert world.queued.wait(30)
        assert [alert.state for alert in world.alerts.open_alerts()] == ["open"]


def test_rules_are_carried_in_a_file(world: World) -> None:
    world.watch(name="a", metric="faxes", threshold=3)
    world.watch(name="é", threshold=0.5, hysteresis=0.1)
    text = world.alerts.export_rules()
    before = [stored.rule for stored in world.alerts.rules()]
    world.alerts.delete_rule(world.alerts.rules()[0].rule_id)
    assert world.alerts.import_rules(text) == {"added": 1, "replaced": 1}
    assert [stored.rule for stored in world.alerts.rules()] == before


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "alert_rules"),
        ("[]", "alert_rules"),
        ('{"alert_rules": [7]}', "alert_rules[1]"),
        (
            '{"alert_rules": [{"name": "n", "metric": "faxes", "comparison": "below", "threshold": 1}, {}]}',
            "alert_rules[2].name",
        ),
        ("[" * 100_000, "alert_rules"),
    ],
)
def test_a_file_that_is_not_right_changes_nothing(world: World, text: str, field: str) -> None:
    with pytest.raises(AlertRuleInvalid) as refused:
        world.alerts.import_rules(text)
    assert refused.value.values["field"] == field
    assert world.alerts.rules() == []


def test_the_history_is_a_table_that_no_spreadsheet_evaluates(world: World) -> None:
    world.watch(name='=HYPERLINK("x")', metric="faxes", threshold=3)
    world.look()
    [row] = csv.DictReader(io.StringIO(world.alerts.history_csv(PLAIN).decode()))
    assert row["name"] == '="=HYPERLINK(""x"")"'
    assert (row["value"], row["start_date"], row["seconds_to_resolve"]) == ("2", "2026-03-09", "")


def test_the_version_moves_with_alerts_and_rests_with_looks(world: World) -> None:
    world.watch(metric="faxes", threshold=3)
    before = world.alerts.version()
    world.look()
    opened_at = world.alerts.version()
    assert opened_at > before
    world.look()
    assert world.alerts.version() == opened_at


def test_a_person_who_is_erased_is_in_no_rule_and_no_alert(world: World) -> None:
    world.watch(
        metric="invalid", comparison="above", threshold=0, scope="user", scope_value="Accueil", window_days=6
    )
    world.look()
    with world.asked.catalogue.write() as conn:
        assert forget_alerts(conn, lambda rule: rule.scope_value == "Accueil") == 2
    assert (world.alerts.rules(), world.alerts.alerts()) == ([], [])


def test_imports_are_missed_after_so_many_days_for_all_or_for_a_contract(tmp_path: Path) -> None:
    rows = [{"mode": "SF", "called_text": "0145221134", "pages": "1", "sent_at": "02/01/2026 08:05"}]
    with opened(tmp_path / "store") as services:
        alerts = services.alerts
        rule = {"name": "n", "metric": "days_since_import", "comparison": "above", "threshold": 7}
        alerts.save_rule(AlertRule.from_dict(rule))
        alerts.save_rule(AlertRule.from_dict(rule | {"name": "o", "scope": "contract", "scope_value": "C-2"}))
        assert [look["reason"] for look in alerts.evaluate()] == ["no_data", "no_data"]
        services.imports.import_file(write_export(tmp_path / "a.csv", rows), contract="C-1")
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=7)
        assert [look["reason"] for look in alerts.evaluate(later)] == ["fine", "no_data"]
        looks = alerts.evaluate(later + dt.timedelta(days=1))
        assert [look["action"] for look in looks] == ["open", None]
        services.imports.import_file(write_export(tmp_path / "b.csv", rows * 2), contract="C-1")
        assert [look["action"] for look in alerts.evaluate()] == ["resolve", None]


@pytest.mark.parametrize(
    ("rule", "today_over"),
    [
        ({"metric": "faxes", "comparison": "below", "threshold": 5}, "breached"),
        ({"metric": "faxes", "comparison": "change_down", "threshold": 50}, "no_data"),
        ({"metric": "faxes", "comparison": "above", "threshold": 5}, "fine"),
        ({"metric": "compliance_rate", "comparison": "below", "threshold": 0.5}, "fine"),
    ],
)
def test_a_count_that_is_still_growing_alarms_nobody_before_the_day_is_over(
    tmp_path: Path, rule: dict[str, Any], today_over: str
) -> None:
    rows = [fax(line, sent_at=at(5)) for line in range(10)] + [fax(20, sent_at=at(6))]
    world = World(tmp_path, rows)
    world.watch(**rule)
    world.now = at(6, 12).replace(tzinfo=ZoneInfo("Europe/Paris"))
    expected = {"above": "6", "below": "5" if rule["metric"] == "faxes" else "6", "change_down": "5"}
    look = world.look()
    assert look["filters"]["end_date"].endswith(expected[rule["comparison"]])
    assert look["action"] is None
    world.now += dt.timedelta(days=1)
    assert world.look()["reason"] == today_over
    world.asked.catalogue.close()
    world.asked.engine.close()
