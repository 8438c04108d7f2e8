"""Shared options of several commands: filters, paging and how a file is read."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

import typer

from faxcloud.domain.filters import FILTER_NAMES, FILTERS, PAGING, Filters, Paging
from faxcloud.i18n import N_

AsJson = Annotated[
    bool, typer.Option("--json", help=N_("Write one JSON document to stdout, and nothing else."))
]


class DateChoice(StrEnum):
    """Orders of day and month that can be chosen."""

    DMY = "dmy"
    MDY = "mdy"


SourceName = Annotated[
    str | None, typer.Option("--source", help=N_("Source to read with; detected when not given."))
]
DatesChoice = Annotated[
    DateChoice | None,
    typer.Option(
        "--dates", help=N_("Order of day and month, for files whose dates allow both or need both.")
    ),
]

FILTER_HELP: Mapping[str, str] = MappingProxyType({entry.name: entry.help for entry in FILTERS})
PAGING_HELP: Mapping[str, str] = MappingProxyType({name: text for name, (_, text) in PAGING.items()})

Command = Callable[..., None]


def takes_filters(function: Command) -> Command:
    """Decorator that adds an option for each filter and an optional report as argument.

    The function's first parameter is `filters`, which gets the options' values. They are parsed by
    `Filters.from_params`, so that they mean the same as in an address.
    """
    names = tuple(name for name in FILTER_NAMES if name != "report")

    @functools.wraps(function)
    def command(**given: Any) -> None:
        params = {name: given.pop(name) for name in names} | {"report": given.pop("report_id")}
        function(filters=Filters.from_params(params), **given)

    report = Annotated[str | None, typer.Argument(metavar="ID", help=FILTER_HELP["report"])]
    return _signed(command, function, "filters", {"report_id": report} | _texts(names, FILTER_HELP))


def takes_paging(function: Command) -> Command:
    """Decorator that adds the options of `Paging`; the function gets them as `paging`."""
    names = tuple(field.name for field in fields(Paging))

    @functools.wraps(function)
    def command(**given: Any) -> None:
        paging = Paging.from_params({name: given.pop(name) for name in names})
        function(paging=paging, **given)

    return _signed(command, function, "paging", _texts(names, PAGING_HELP))


def _texts(names: tuple[str, ...], helps: Mapping[str, str]) -> dict[str, Any]:
    # Read as text, even numbers: from_params reports errors in the user's language.
    return {
        name: Annotated[str | None, typer.Option("--" + name.replace("_", "-"), help=helps[name])]
        for name in names
    }


def _signed(command: Command, function: Command, replaced: str, options: Mapping[str, Any]) -> Command:
    """Signature of `command`: that of `function`, with `options` in place of parameter `replaced`."""
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.name != replaced:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in options.items()
        ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del command.__wrapped__  # type: ignore[attr-defined]  # otherwise inspect would use the function's signature
    return command
