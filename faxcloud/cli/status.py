"""Status command: `faxcloud status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say_json, terminal
from faxcloud.cli.tables import show_facts
from faxcloud.i18n import N_, Translator

HELP = N_("Stored data, disk space, and the running server.")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status", help=HELP)(status)


def status(as_json: AsJson = False) -> None:
    with services() as opened:
        report = opened.status.report()
    if as_json:
        say_json(report)
        return
    t = terminal()
    show_facts(
        (
            (t("Imports"), t.number(report["reports"])),
            (t("Faxes"), t.number(report["faxes"])),
            (t("Valid faxes"), t.number(report["valid"])),
            (t("Invalid faxes"), t.number(report["invalid"])),
            (t("Compliance"), t.percent(report["compliance_rate"])),
            *_facts("store", report["store"], t),
            *_facts("system", report["system"], t),
            *(
                _facts("server", report["server"], t)
                if report["server"]
                else [(t("Server"), t("not running"))]
            ),
        )
    )


def _facts(group: str, values: Mapping[str, Any], t: Translator) -> Iterator[tuple[str, str]]:
    """Facts about the machine under their published names, as in the JSON document."""
    for name, value in values.items():
        path = f"{group}.{name}"
        if isinstance(value, Mapping):
            yield from _facts(path, value, t)
        else:
            yield path, _shown(name, value, t)


def _shown(name: str, value: object, t: Translator) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if name.endswith("bytes"):
        return t.bytes(int(value))
    if name.endswith("seconds"):
        return t.duration(value)
    return t.number(value, 0 if isinstance(value, int) else 1)
