"""Source commands: `faxcloud sources …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson, DatesChoice, SourceName
from faxcloud.cli.output import error_document, note, say, say_json, terminal
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.i18n import N_

if TYPE_CHECKING:
    from faxcloud.domain.sources.format import SourceFormat


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("The formats of exports that can be read.")
    )
    group.command("list", help=N_("The built-in sources and your own."))(list_sources)
    group.command("show", help=N_("The columns of one source."))(show_source)
    group.command("check", help=N_("Check a source file without using it."))(check_source)
    group.command("try", help=N_("Show how a file would be read, without importing it."))(try_file)
    app.add_typer(group, name="sources")


def list_sources(as_json: AsJson = False) -> None:
    with services() as opened:
        found = opened.sources.list()
    t = terminal()
    broken = {name: error_document(error.code, *error.render(t)) for name, error in found.errors.items()}
    if as_json:
        usable = [_document(source) for source in found.sources.values()]
        say_json([*usable, *({"file": name, **document} for name, document in broken.items())])
        return
    headings = (Heading(t("Source")), Heading(t("Meaning"), shrinks=True))
    show_table(headings, [(source.name, _title(source)) for source in found.sources.values()])
    for name, document in broken.items():
        note(f"{name}: {document['error']['message']}")


def show_source(
    name: Annotated[str, typer.Argument(help=N_("Name of the source."))], as_json: AsJson = False
) -> None:
    with services() as opened:
        _show(opened.sources.get(name), as_json=as_json)


def check_source(
    file: Annotated[Path, typer.Argument(help=N_("TOML file of the source."))], as_json: AsJson = False
) -> None:
    from faxcloud.domain.sources.parser import parse_source
    from faxcloud.services.imports.sources import read_source_file

    _show(parse_source(read_source_file(file), file.name), as_json=as_json)


def try_file(
    file: Annotated[Path, typer.Argument(help=N_("File to read."))],
    source: SourceName = None,
    dates: DatesChoice = None,
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        found = opened.imports.try_file(file, source=source, dates=dates.value if dates else None)
    if as_json:
        say_json(found)
        return
    from faxcloud.services.imports.notices import notice_text

    t = terminal()
    reading = found["reading"]
    show_facts(
        (
            (t("File"), found["file"]),
            (t("Source"), reading["source"]),
            (t("Encoding"), reading["encoding"]),
            (t("Line of the header"), t.number(reading["header_line"])),
            (t("Records"), t.number(found["records"])),
            (t("Faxes"), t.number(found["faxes"])),
            (t("Blank"), t.number(found["blank"])),
            (t("Rejected"), ", ".join(f"{reason} ({rows})" for reason, rows in found["rejected"].items())),
        )
    )
    say()
    headings = (
        Heading(t("Column")), Heading(t("Header"), shrinks=True), Heading(t("Unreadable"), right=True),
    )  # fmt: skip
    rows = [
        (each["column"], each["header"], t.number(each.get("unreadable", 0))) for each in reading["columns"]
    ]
    show_table(headings, rows)
    for notice in found["notices"]:
        say(f"! {notice_text(t, notice)}")


def _show(source: SourceFormat, *, as_json: bool) -> None:
    if as_json:
        say_json(_document(source))
        return
    t = terminal()
    show_facts(((t("Source"), source.name), (t("Meaning"), _title(source))))
    say()
    names = {name: ", ".join(names) for name, names in source.columns.items()}
    names |= {name: names.get(name) or f"{t('position')} {at + 1}" for name, at in source.positions.items()}
    show_table((Heading(t("Column")), Heading(t("Header"), shrinks=True)), list(names.items()))


def _title(source: SourceFormat) -> str:
    return source.title.get(terminal().language, source.title["en"])


def _document(source: SourceFormat) -> dict[str, Any]:
    return {
        "name": source.name,
        "title": dict(source.title),
        "columns": {name: list(names) for name, names in source.columns.items()},
        "positions": {name: at + 1 for name, at in source.positions.items()},
        "required": list(source.required),
        "date_order": source.date_order,
        "zone": source.zone,
    }
