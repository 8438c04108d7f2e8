"""API key commands: `faxcloud keys …`.

They need no key: whoever can run them has access to the store's files anyway.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import note, say, say_json, terminal
from faxcloud.cli.tables import Heading, show_table
from faxcloud.i18n import N_, Translator

KeyId = Annotated[str, typer.Argument(metavar="ID", help=N_("The key's id, as `keys list` shows it."))]
LONGEST_DAYS = 36_500


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("Keys for the API and for signing in.")
    )
    group.command("create", help=N_("Create a key. It is shown only once."))(create)
    group.command("list", help=N_("All keys, newest first."))(list_keys)
    group.command("revoke", help=N_("Revoke a key for good, and sign out its users."))(revoke)
    app.add_typer(group, name="keys")


def create(
    name: Annotated[str, typer.Option("--name", help=N_("Its owner or purpose."))],
    role: Annotated[
        Literal["viewer", "analyst", "admin"],
        typer.Option(
            "--role",
            help=N_(
                "viewer sees figures and masked faxes; analyst sees faxes, exports and imports; "
                "admin may do everything."
            ),
        ),
    ],
    expires: Annotated[
        int | None,
        typer.Option("--expires", metavar="DAYS", min=1, max=LONGEST_DAYS, help=N_("Default: never.")),
    ] = None,
    reports: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="ID", help=N_("Limit to this import; may be repeated.")),
    ] = None,
    contracts: Annotated[
        list[str] | None,
        typer.Option(
            "--contract", metavar="C", help=N_("Limit to the imports of this contract; may be repeated.")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    until = None if expires is None else dt.datetime.now(dt.UTC) + dt.timedelta(days=expires)
    with services() as opened:
        made = opened.keys.create(name, role, expires_at=until, reports=reports, contracts=contracts)
    if as_json:
        say_json(made)
        return
    # Only the key goes to stdout, so that it can be piped into a secret store.
    note(terminal().gettext("Key {key_id} was created. It is shown only once:", key_id=made.key_id))
    say(made.key)


def list_keys(as_json: AsJson = False) -> None:
    with services() as opened:
        found, zone = opened.keys.list(), opened.settings.zone
    if as_json:
        say_json(found)
        return
    t = terminal()
    headings = (
        Heading(t("Key")),
        Heading(t("Role")),
        Heading(t("State")),
        Heading(t("Created on")),
        Heading(t("Expires on")),
        Heading(t("Last used on")),
        Heading(t("Limited to")),
        Heading(t("Name"), shrinks=True),
    )
    show_table(headings, [_row(key, zone, t) for key in found])


def revoke(key_id: KeyId, as_json: AsJson = False) -> None:
    with services() as opened:
        opened.keys.revoke(key_id)
    if as_json:
        say_json({"key_id": key_id, "revoked": True})
        return
    say(terminal().gettext("Key {key_id} was revoked.", key_id=key_id))


def _row(key: dict[str, Any], zone: dt.tzinfo, t: Translator) -> tuple[str, ...]:
    state = (
        t("usable")
        if key["is_usable"]
        else t.pgettext("key", "revoked")
        if key["revoked_at"]
        else t.pgettext("key", "expired")
    )
    limits = [*(key["reports"] or ()), *(key["contracts"] or ())]
    return (
        key["key_id"],
        key["role"],
        state,
        t.datetime(key["created_at"], zone),
        t.datetime(key["expires_at"], zone),
        t.datetime(key["last_used_at"], zone),
        ", ".join(limits),
        key["name"],
    )
