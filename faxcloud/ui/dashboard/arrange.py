"""Edit mode of the dashboard: each tile is a card with buttons that move, resize or hide it.

Nothing is loaded meanwhile, so each press answers at once, and every press is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from faxcloud.domain.boards import DASHBOARD, Placed, Size, write_layout
from faxcloud.i18n import N_, Translator
from faxcloud.ui.dashboard.board import current_layout, show_lines
from faxcloud.ui.dashboard.registry import TILES, Tile
from faxcloud.ui.screen import Screen, current_screen

MODE = "arranging"
SIZE_NAMES: dict[Size, str] = {"third": N_("Third"), "half": N_("Half"), "full": N_("Full")}


def is_arranging() -> bool:
    """Whether the edit mode is on."""
    return bool(st.session_state.get(MODE))


def offer_arranging(screen: Screen) -> None:
    """Button that starts the edit mode."""
    st.button(
        screen.t("Arrange"),
        icon=":material/dashboard_customize:",
        type="tertiary",
        key="arrange",
        on_click=_begin,
    )


@st.fragment
def arrange() -> None:
    """Cards of the tiles, list of hidden tiles, and the button that ends the edit mode."""
    screen = current_screen()
    t = screen.t
    layout = current_layout(screen)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="arrange-bar"
    ):
        st.caption(
            t("Choose your tiles, their order and their size. Changes are saved immediately, for you only.")
        )
        with st.container(horizontal=True, width="content"):
            st.button(
                t("Default layout"), icon=":material/restart_alt:", key="arrange-reset", on_click=_reset
            )
            if st.button(t("Done"), icon=":material/check:", type="primary", key="arrange-done"):
                del st.session_state[MODE]
                st.rerun(scope="app")
    if not layout:
        st.info(t("No tile is shown. Add one from below."), icon=":material/dashboard:")
    show_lines(layout, lambda placed: _card(t, layout, placed))
    _draw_hidden(t, layout)


def _card(t: Translator, layout: Sequence[Placed], placed: Placed) -> None:
    tile, place = TILES[placed.tile], layout.index(placed)
    last = place == len(layout) - 1
    with st.container(
        border=True,
        horizontal=True,
        vertical_alignment="center" if placed.size == "full" else "top",
        horizontal_alignment="distribute",
        height="stretch",
        key=f"card-{tile.name}",
    ):
        st.markdown(f"**{tile.icon} {_title(t, tile)}**", width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            _button(t("Move up"), ":material/arrow_upward:", "up", placed, -1, disabled=place == 0)
            _button(t("Move down"), ":material/arrow_downward:", "down", placed, 1, disabled=last)
            st.button(
                t("Hide"),
                icon=":material/visibility_off:",
                type="tertiary",
                key=f"hide-{tile.name}",
                on_click=_hide,
                args=(tile.name,),
            )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            _draw_size(t, tile, placed)
            _draw_height(t, tile, placed)


def _button(label: str, icon: str, verb: str, placed: Placed, step: int, *, disabled: bool) -> None:
    st.button(
        label,
        icon=icon,
        type="tertiary",
        key=f"{verb}-{placed.tile}",
        disabled=disabled,
        on_click=_move,
        args=(placed.tile, step),
    )


def _draw_size(t: Translator, tile: Tile, placed: Placed) -> None:
    key = f"size-{tile.name}"
    st.session_state[key] = placed.size
    st.segmented_control(
        t("Width"),
        tile.sizes,
        required=True,
        format_func=lambda size: t(SIZE_NAMES[size]),
        key=key,
        label_visibility="collapsed",
        on_change=_set_size,
        args=(tile.name,),
    )


def _draw_height(t: Translator, tile: Tile, placed: Placed) -> None:
    key = f"low-{tile.name}"
    st.session_state[key] = placed.height == "low"
    st.toggle(
        t("Short tile"),
        key=key,
        on_change=_set_height,
        args=(tile.name,),
        help=t("Shows its top; scroll inside for the rest."),
    )


def _draw_hidden(t: Translator, layout: Sequence[Placed]) -> None:
    shown = {placed.tile for placed in layout}
    hidden = [tile for tile in TILES.values() if tile.name not in shown]
    st.markdown("**" + t("Not shown") + "**")
    if not hidden:
        st.caption(t("Every tile is shown."))
        return
    with st.container(horizontal=True, gap="small", key="hidden-tiles"):
        for tile in hidden:
            st.button(
                _title(t, tile),
                icon=":material/add:",
                key=f"show-{tile.name}",
                on_click=_show,
                args=(tile.name,),
            )


def _title(t: Translator, tile: Tile) -> str:
    return t(tile.title)


def _begin() -> None:
    st.session_state[MODE] = True


def _reset() -> None:
    current_screen().services.preferences.reset(DASHBOARD)


def _move(tile: str, step: int) -> None:
    layout = [*current_layout(current_screen())]
    place = next((at for at, placed in enumerate(layout) if placed.tile == tile), None)
    if place is not None and 0 <= place + step < len(layout):
        layout[place], layout[place + step] = layout[place + step], layout[place]
        _keep(layout)


def _hide(tile: str) -> None:
    _keep([placed for placed in current_layout(current_screen()) if placed.tile != tile])


def _show(tile: str) -> None:
    layout = current_layout(current_screen())
    if tile not in {placed.tile for placed in layout}:
        _keep([*layout, Placed(tile, TILES[tile].sizes[-1])])


def _set_size(tile: str) -> None:
    _change(tile, size=st.session_state[f"size-{tile}"])


def _set_height(tile: str) -> None:
    _change(tile, height="low" if st.session_state[f"low-{tile}"] else "whole")


def _change(tile: str, **values: Any) -> None:
    layout = current_layout(current_screen())
    _keep([replace(placed, **values) if placed.tile == tile else placed for placed in layout])


def _keep(layout: Sequence[Placed]) -> None:
    current_screen().services.preferences.put(DASHBOARD, write_layout(layout))
