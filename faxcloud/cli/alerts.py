"""Alert commands: `faxcloud alerts …`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say, say_json, terminal
from faxcloud.cli.tables import Heading, show_table
from faxcloud.errors import ExportFailed
from faxcloud.i18n import N_, Translator

if TYPE_CHECKING:
    from faxcloud.services.alerts.rules import Alert

AlertId = Annotated[str, typer.Argument(metavar="ID", help=N_("The alert's id."))]

ACTIONS = {"open": N_("an alert was opened"), "resolve": N_("the alert was resolved")}


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help=N_("Alerts, and the rules that open them."),
    )
    group.command("list", help=N_("Alerts, newest first."))(list_alerts)
    group.command("acknowledge", help=N_("Acknowledge an alert."))(acknowledge)
    group.command("rules", help=N_("Write all alert rules as a JSON document."))(export_rules)
    group.command("import", help=N_("Read alert rules from a JSON document."))(import_rules)
    group.command("check", help=N_("Evaluate every rule now."))(check)
    app.add_typer(group, name="alerts")


def list_alerts(
    all_states: Annotated[bool, typer.Option("--all", help=N_("Include resolved alerts."))] = False,
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        found = opened.alerts.alerts() if all_states else opened.alerts.open_alerts()
        zone = opened.settings.zone
    if as_json:
        from faxcloud.services.alerts.files import row_of

        say_json([row_of(alert) for alert in found])
        return
    t = terminal()
    headings = (
        Heading(t("Alert")),
        Heading(t("State")),
        Heading(t("Opened on")),
        Heading(t("Rule")),
        Heading(t("Finding"), shrinks=True),
    )
    show_table(headings, [_row(t, alert, zone) for alert in found])


def acknowledge(alert_id: AlertId, as_json: AsJson = False) -> None:
    with services() as opened:
        alert = opened.alerts.acknowledge(alert_id)
    if as_json:
        from faxcloud.services.alerts.files import row_of

        say_json(row_of(alert))
        return
    say(terminal()("Alert {alert_id} is acknowledged.", alert_id=alert_id))


def export_rules(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help=N_("Write to this file instead of stdout.")),
    ] = None,
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        text = opened.alerts.export_rules()
    if output is None:
        say_json(json.loads(text)) if as_json else say(text.rstrip("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportFailed(target=output.name, reason=str(error)) from error


def import_rules(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help=N_("File of rules, as written by `alerts rules`."),
        ),
    ],
    as_json: AsJson = False,
) -> None:
    text = file.read_bytes().decode("utf-8", "replace")
    with services() as opened:
        counts = opened.alerts.import_rules(text)
    if as_json:
        say_json(counts)
        return
    say(terminal()("Rules added: {added}; replaced: {replaced}.", **counts))


def check(as_json: AsJson = False) -> None:
    with services() as opened:
        looks = opened.alerts.evaluate()
    if as_json:
        say_json(looks)
        return
    t = terminal()
    headings = (Heading(t("Rule")), Heading(t("Last checked")), Heading(t("Result"), shrinks=True))
    show_table(headings, [_look(t, look) for look in looks])


def _row(t: Translator, alert: Alert, zone: dt.tzinfo) -> tuple[str, ...]:
    from faxcloud.services.alerts.wording import sentence, state_label

    return (
        alert.alert_id,
        state_label(t, alert.state),
        t.datetime(alert.opened_at, zone),
        alert.rule.name,
        sentence(t, alert.rule, alert.evidence),
    )


def _look(t: Translator, look: dict[str, Any]) -> tuple[str, str, str]:
    from faxcloud.services.alerts.wording import reason_label

    return look["name"], reason_label(t, look["reason"]), _done(t, look["action"])


def _done(t: Translator, action: str | None) -> str:
    return t(ACTIONS[action]) if action else ""
