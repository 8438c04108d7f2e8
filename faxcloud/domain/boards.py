"""Custom dashboard layouts: which tiles, in which order, how wide and how tall."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from faxcloud.errors import PreferenceInvalid
from faxcloud.i18n import N_

Size = Literal["third", "half", "full"]
Height = Literal["whole", "low"]

SIZES: tuple[Size, ...] = get_args(Size)
HEIGHTS: tuple[Height, ...] = get_args(Height)
MOST_TILES = 40
DASHBOARD = "dashboard"
"""The preference that holds a layout."""

_TILE = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Placed:
    """One tile on the dashboard. `low` shows its top alone; the rest is reached by scrolling."""

    tile: str
    size: Size = "full"
    height: Height = "whole"


def read_layout(value: object) -> tuple[Placed, ...]:
    """Parse a stored layout, as `write_layout` gave it, after a round trip through JSON. An empty layout is
    an empty dashboard.

    Raises:
        PreferenceInvalid: it is not a layout.
    """
    if not isinstance(value, list) or len(value) > MOST_TILES:
        raise PreferenceInvalid(key=DASHBOARD, reason=N_("it is not a list of tiles"))
    placed = tuple(_read(entry) for entry in value)
    if len({entry.tile for entry in placed}) < len(placed):
        raise PreferenceInvalid(key=DASHBOARD, reason=N_("a tile occurs twice"))
    return placed


def write_layout(layout: Sequence[Placed]) -> list[dict[str, str]]:
    """JSON data of a layout."""
    return [asdict(placed) for placed in layout]


def _read(entry: Any) -> Placed:
    if not isinstance(entry, dict) or not entry.keys() <= {"tile", "size", "height"}:
        raise PreferenceInvalid(key=DASHBOARD, reason=N_("a tile has a name, a size and a height"))
    tile, size, height = entry.get("tile"), entry.get("size", "full"), entry.get("height", "whole")
    if not isinstance(tile, str) or not _TILE.fullmatch(tile) or size not in SIZES or height not in HEIGHTS:
        raise PreferenceInvalid(key=DASHBOARD, reason=N_("a tile has a name, a size and a height"))
    return Placed(tile, size, height)
