"""Every face offers the export formats of `services.exports.formats`, and no other."""

from typing import Any, get_args

import typer.main

from faxcloud.api.app import create_api
from faxcloud.cli.program import program
from faxcloud.domain.filters import Filters
from faxcloud.i18n import translator
from faxcloud.services.exports.formats import FORMATS, Format, PseudonymisedFormat
from faxcloud.ui.widgets.downloads import export_offers


def choices(group: str, command: str) -> tuple[str, ...]:
    found: Any = typer.main.get_command(program())
    [option] = [part for part in found.commands[group].commands[command].params if "--format" in part.opts]
    return get_args(option.type_descriptor.annotation)


def test_the_table_has_an_entry_for_each_name():
    assert tuple(FORMATS) == get_args(Format)
    assert {*get_args(PseudonymisedFormat)} <= FORMATS.keys()


def test_the_api_offers_each_format():
    paths: dict[str, Any] = create_api(lambda: None).openapi()["paths"]  # type: ignore[arg-type,return-value]
    for path in ("/v3/export/{format}", "/v3/export/{report_id}/{format}"):
        operation = paths[path]["get"]
        [names] = [part["schema"]["enum"] for part in operation["parameters"] if part["name"] == "format"]
        assert tuple(names) == tuple(FORMATS)
        media_types = [found.media_type.partition(";")[0] for found in FORMATS.values()]
        assert list(operation["responses"]["200"]["content"]) == media_types


def test_the_command_line_offers_each_format():
    assert choices("entries", "export") == tuple(FORMATS)
    assert choices("privacy", "export") == get_args(PseudonymisedFormat)


def test_the_download_menu_offers_each_format():
    offers = [offer for _, offer in export_offers(translator("fr"), Filters(), "faxes", None)]
    assert [*dict.fromkeys(offer.format for offer in offers)] == list(FORMATS)
    assert all(offer.file_name.endswith(f".{offer.format}") for offer in offers)
