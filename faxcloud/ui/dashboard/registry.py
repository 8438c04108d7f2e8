"""Registry of dashboard tiles, and the default dashboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from faxcloud.domain.boards import SIZES, Placed, Size
from faxcloud.i18n import N_
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.ui.charts.kpis import show_kpis
from faxcloud.ui.dashboard import overview
from faxcloud.ui.dashboard.data import TileData
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

WIDE: tuple[Size, ...] = ("half", "full")


@dataclass(frozen=True)
class Tile:
    """One panel that a dashboard can show.

    Attributes:
        name: Its stable id: it stands in what visitors have saved.
        sizes: Those in which it can be read, the best one last.
        shows_users: Whether it asks for the users, which costs a scan of the lake.
        has_frame: False for what brings cards of its own.
    """

    name: str
    title: str
    icon: str
    draw: Callable[[Screen, TileData], None]
    sizes: tuple[Size, ...] = SIZES
    shows_users: bool = False
    has_frame: bool = True


def _kpis(screen: Screen, data: TileData) -> None:
    show_kpis(screen, data.summary.values, data.summary.compared, data.timeline)


def _timeline(screen: Screen, data: TileData) -> None:
    st.header(screen.t("Compliance over time"), anchor=False)
    overview.show_timeline(screen, data.timeline, data.grain, data.keep, data.previous_timeline)
    overview.say_undated(screen.t, data.summary.values["faxes"], data.timeline)


def _cumulative(screen: Screen, data: TileData) -> None:
    overview.show_cumulative(screen, data.timeline, data.grain, data.keep)
    overview.say_undated(screen.t, data.summary.values["faxes"], data.timeline)


def _rules(screen: Screen, data: TileData) -> None:
    overview.show_rules(screen, data.rules, data.keep)


def _users(screen: Screen, data: TileData) -> None:
    overview.show_users(screen, data.users, data.invalid, data.keep)


def _heat(screen: Screen, data: TileData) -> None:
    overview.show_heat(screen, data.heatmap, data.keep)


def _imports(screen: Screen, data: TileData) -> None:
    overview.show_imports(screen, data.reports)


def _numbers(screen: Screen, data: TileData) -> None:
    t = screen.t
    st.header(t("Numbers with the most invalid faxes"), anchor=False)
    if not data.numbers:
        st.success(t("No called number of this selection is invalid."), icon=":material/check_circle:")
        return
    words = RuleLabels(t, screen.services.rulesets.rules())
    rows = [{**row, "reasons": words.labels(row["violations"])} for row in data.numbers]
    fields = [
        Field("called_text", t("Called number as exported"), width="medium"),
        Field("invalid", t("Invalid"), "count"),
        Field("faxes", t("Faxes"), "count"),
        Field("invalid_rate", t("Share"), "rate"),
        Field("reasons", t("Violations"), width="medium"),
    ]
    show_table(screen, rows, fields, key="tile-numbers", height="content")


TILES: dict[str, Tile] = {
    tile.name: tile
    for tile in (
        Tile("kpis", N_("Key figures"), ":material/speed:", _kpis, WIDE, has_frame=False),
        Tile("timeline", N_("Compliance over time"), ":material/show_chart:", _timeline, WIDE),
        Tile("cumulative", N_("Cumulative"), ":material/stacked_line_chart:", _cumulative),
        Tile("rules", N_("Violations by rule"), ":material/bar_chart:", _rules),
        Tile("users", N_("Users with the most invalid faxes"), ":material/group:", _users, shows_users=True),
        Tile("heat", N_("Weekday and hour"), ":material/calendar_view_month:", _heat, WIDE),
        Tile("imports", N_("Newest imports"), ":material/upload_file:", _imports),
        Tile("numbers", N_("Numbers with the most invalid faxes"), ":material/phone_disabled:", _numbers),
    )
}

DEFAULT: tuple[Placed, ...] = (
    Placed("kpis"),
    Placed("timeline"),
    Placed("rules", "half"),
    Placed("users", "half"),
    Placed("heat"),
    Placed("imports"),
)
