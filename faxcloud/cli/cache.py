"""Query cache commands for a running server: `faxcloud cache …`."""

from __future__ import annotations

from typing import Annotated

import typer

from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say, say_json, terminal
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.i18n import N_, Translator
from faxcloud.services.monitoring.server_client import Server, server_of

Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help=N_("The server's address. Default: the store's server.")),
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help=N_("An administrator's key. Default: FAXCLOUD_ADMIN_KEY.")),
]


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("Cached query results of the running server.")
    )
    group.command("stats", help=N_("Size and hit rate of the cache."))(stats)
    group.command("clear", help=N_("Clear the cache. Frees memory; cached figures are never out of date."))(
        clear
    )
    app.add_typer(group, name="cache")


def stats(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    found = _server(url, key).cache_stats()
    if as_json:
        say_json(found)
        return
    t = terminal()
    show_facts(
        (
            (t("Hits"), t.number(found["hits"])),
            (t("Misses"), t.number(found["misses"])),
            (t("Hit rate"), t.percent(found["hit_rate"])),
            (t("Evictions"), t.number(found["evictions"])),
            (t("Cached results"), t.number(found["cache_size"])),
            (t("Memory"), t.bytes(found["bytes"])),
            (t("Kept for"), lifetimes_text(t, found["ttl_seconds"])),
        )
    )
    say()
    show_table(
        (
            Heading(t("Depends on")),
            Heading(t("Cached results"), right=True),
            Heading(t("Changes"), right=True),
            Heading(t("Invalidated"), right=True),
        ),
        [
            (name, *(t.number(numbers[key]) for key in ("entries", "changes", "invalidated")))
            for name, numbers in found["dependencies"].items()
        ],
    )


def lifetimes_text(t: Translator, seconds: dict[str, float]) -> str:
    """Cache lifetime as text: seconds, then the kinds that differ, such as `3,600 s, match 60 s`."""
    others = [f"{kind} {t.number(held)} s" for kind, held in seconds.items() if kind != "default"]
    return ", ".join([f"{t.number(seconds['default'])} s", *others])


def clear(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    done = _server(url, key).clear_cache()
    if as_json:
        say_json(done)
    else:
        t = terminal()
        say(
            t.ngettext(
                "{count} cached result was removed.", "{count} cached results were removed.", done["cleared"]
            )
        )


def _server(url: str | None, key: str | None) -> Server:
    from faxcloud.config import load_settings  # late: pydantic, which --help should not wait for

    return server_of(load_settings(), url, key)
