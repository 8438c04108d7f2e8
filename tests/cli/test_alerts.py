"""Alert commands over a real store."""

from __future__ import annotations

import json
from pathlib import Path

from faxcloud.services.sample.export import sample_path
from tests.cli.conftest import Faxcloud

RULE = {"name": "Compliance", "metric": "compliance_rate", "comparison": "below", "threshold": 1.0}


def written(folder: Path, *rules: dict[str, object]) -> Path:
    path = folder / "rules.json"
    path.write_text(json.dumps({"alert_rules": rules}), encoding="utf-8")
    return path


def test_rules_are_imported_evaluated_and_their_alert_acknowledged(
    faxcloud: Faxcloud, environment: Path
) -> None:
    file = written(environment, RULE | {"window_days": 30})
    assert faxcloud("alerts", "import", file, "--json").document == {"added": 1, "replaced": 0}
    assert "no data, so no alert" in faxcloud("alerts", "check").out
    assert faxcloud("import", sample_path()).code == 0
    [look] = faxcloud("alerts", "check", "--json").document
    assert (look["action"], look["reason"]) == ("open", "breached")
    [alert] = faxcloud("alerts", "list", "--json").document
    assert (alert["alert_id"], alert["state"]) == (look["alert_id"], "open")
    table = faxcloud("alerts", "list").out
    assert "Compliance: " in table
    assert "below the limit of 100%" in table
    seen = faxcloud("alerts", "acknowledge", alert["alert_id"])
    assert (seen.code, seen.out) == (0, f"Alert {alert['alert_id']} is acknowledged.\n")
    assert faxcloud("alerts", "list", "--all", "--json").document[0]["state"] == "acknowledged"


def test_rules_are_written_to_a_file_that_is_read_again(faxcloud: Faxcloud, environment: Path) -> None:
    faxcloud("alerts", "import", written(environment, RULE))
    copy = environment / "copy.json"
    assert faxcloud("alerts", "rules", "-o", copy).code == 0
    assert json.loads(faxcloud("alerts", "rules").out) == json.loads(copy.read_text("utf-8"))
    assert faxcloud("alerts", "import", copy, "--json").document == {"added": 0, "replaced": 1}


def test_what_is_no_rule_is_refused_in_one_line(faxcloud: Faxcloud, environment: Path) -> None:
    refused = faxcloud("alerts", "import", written(environment, RULE | {"threshold": 95}))
    assert refused.code == 1
    assert "alert_rules[1].threshold cannot be “95.0”" in refused.err
    unknown = faxcloud("alerts", "acknowledge", "unknown", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (1, "alert.not_found")
