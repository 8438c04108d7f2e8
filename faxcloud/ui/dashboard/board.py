"""Dashboard layout: the visitor's tiles in order, packed into rows by width."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import streamlit as st

from faxcloud.domain.boards import DASHBOARD, Placed, Size, read_layout
from faxcloud.errors import PreferenceInvalid
from faxcloud.ui.dashboard.data import TileData
from faxcloud.ui.dashboard.registry import DEFAULT, TILES
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen

WIDTHS: dict[Size, int] = {"third": 2, "half": 3, "full": 6}
LINE = 6
LOW_PX = 340
"""Height of a low tile: the first rows of a table, or a chart without its caption."""


def current_layout(screen: Screen) -> tuple[Placed, ...]:
    """The visitor's saved layout, without unknown tiles; the default layout if none is saved."""
    kept = screen.services.preferences.get(DASHBOARD)
    if kept is None:
        return DEFAULT
    try:
        return known(read_layout(kept))
    except PreferenceInvalid:  # saved by another version: a layout is validated when it is saved
        return DEFAULT


def known(layout: Sequence[Placed]) -> tuple[Placed, ...]:
    """The layout without tiles that this version does not have, each in a size that it supports."""
    return tuple(
        placed
        if placed.size in TILES[placed.tile].sizes
        else Placed(placed.tile, TILES[placed.tile].sizes[-1], placed.height)
        for placed in layout
        if placed.tile in TILES
    )


def lines(layout: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Rows of tiles: as many side by side as fit, in order."""
    line: list[Placed] = []
    for placed in layout:
        if line and sum(WIDTHS[each.size] for each in line) + WIDTHS[placed.size] > LINE:
            yield line
            line = []
        line.append(placed)
    if line:
        yield line


def show_lines(layout: Sequence[Placed], draw: Callable[[Placed], None]) -> None:
    """Draw each tile in its place; on a phone one below the other."""
    for line in lines(layout):
        widths = [WIDTHS[placed.size] for placed in line]
        if widths == [LINE]:
            draw(line[0])
            continue
        rest = LINE - sum(widths)
        columns = st.columns([*widths, rest] if rest else widths, gap="medium")
        for placed, column in zip(line, columns, strict=False):
            with column:
                draw(placed)


def show_board(screen: Screen, layout: Sequence[Placed], data: TileData) -> None:
    """Draw all tiles; a tile that fails shows its error and leaves the others alone."""

    def draw(placed: Placed) -> None:
        tile = TILES[placed.tile]
        height: int | Literal["content", "stretch"] = "content" if placed.size == "full" else "stretch"
        if placed.height == "low":
            height = LOW_PX
        with st.container(border=tile.has_frame, height=height, key=f"tile-{tile.name}"), shown_errors():
            tile.draw(screen, data)

    show_lines(layout, draw)


def shows_users(layout: Sequence[Placed]) -> bool:
    """Whether a tile of the layout needs the figures of users."""
    return any(TILES[placed.tile].shows_users for placed in layout)
