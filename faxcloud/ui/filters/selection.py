"""Filter selection: shared between pages and, unless personal, part of the address."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import streamlit as st

from faxcloud.domain.filters import FILTER_NAMES, PERSONAL, Filters
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.selections import STATUS_NAMES
from faxcloud.ui.address import asked, keep
from faxcloud.ui.date_field import date_field
from faxcloud.ui.errors import show_refusal
from faxcloud.ui.safe_text import plain
from faxcloud.ui.screen import Screen

PREFIX = "filter_"
"""Of the widgets' keys. Each is drawn with `persist_state="session"`, as is every widget that a script
sets: else Streamlit tells the browser of the value in the one run that sets it. Where a click cuts that run
off, the browser shows the default and sends it, and a report's page shows every report."""
PERIOD = "period"
SHOWN = "shown_selection"
DASHBOARD = ("start_date", "end_date", "report", "mode", "rule", "user", "status", "weekday")
"""The last four have no widget there: a click on a bar or Explore sets them; see ui/filters/chips.py."""
CORRECTIONS = ("start_date", "end_date", "report", "mode")
USERS = (*CORRECTIONS, "rule")
EXPLORE = FILTER_NAMES
MODES = ("SF", "RF")
MODE_NAMES = {"SF": N_("Sent (SF)"), "RF": N_("Received (RF)")}


@dataclass(frozen=True)
class Preset:
    """A named period. `days` gives first and last day from today and the day of the newest fax."""

    label: str
    days: Callable[[dt.date, dt.date], tuple[dt.date, dt.date]]


def _last(days: int) -> Callable[[dt.date, dt.date], tuple[dt.date, dt.date]]:
    # Counted from the newest fax: with monthly imports, "the last 7 days" would be empty.
    return lambda _today, newest: (newest - dt.timedelta(days=days - 1), newest)


def _month_before(day: dt.date) -> tuple[dt.date, dt.date]:
    last = day.replace(day=1) - dt.timedelta(days=1)
    return last.replace(day=1), last


PRESETS: dict[str, Preset] = {
    "7d": Preset(N_("Last 7 days with data"), _last(7)),
    "30d": Preset(N_("Last 30 days with data"), _last(30)),
    "90d": Preset(N_("Last 90 days with data"), _last(90)),
    "month": Preset(N_("This month"), lambda today, _newest: (today.replace(day=1), today)),
    "last-month": Preset(N_("Last month"), lambda today, _newest: _month_before(today)),
    "year": Preset(N_("This year"), lambda today, _newest: (today.replace(month=1, day=1), today)),
}
ALL, CUSTOM = "all", "custom"
PERIOD_NAMES = {
    ALL: N_("All dates"),
    **{key: preset.label for key, preset in PRESETS.items()},
    CUSTOM: N_("From … to …"),
}


def chosen(name: str) -> Any:
    """Value of one filter; None when it is not set."""
    value = st.session_state.get(PREFIX + name)
    return None if value in ("", ALL) else value


def choose(**values: Any) -> None:
    """Set filters before their widgets are drawn; None clears one."""
    for name, value in values.items():
        st.session_state[PREFIX + name] = value
        _stored_choices()[name] = value


def choose_next(**values: Any) -> None:
    """Set filters for the next run, after their widgets were drawn in this one."""
    _stored_choices().update(values)
    st.session_state["filters_of"] = None


def choose_for_explore(names: tuple[str, ...], **values: Any) -> None:
    """Set Explore's filters for the next run.

    Filters of this page stay; all others are cleared, except `values`.

    Args:
        names: The filters of this page; its period is one of them.
    """
    others = (name for name in EXPLORE if name not in names)
    blank: dict[str, Any] = {name: "" if name in PERSONAL else None for name in others}
    choose_next(**(blank | values))


def _stored_choices() -> dict[str, Any]:
    """Session state of the filters of all pages; a widget's own state ends with its page."""
    kept: dict[str, Any] = st.session_state.setdefault("chosen_filters", {})
    return kept


def signature() -> str:
    """Filter selection as a text.

    It stays the same while the data changes, also for a preset such as the last days with data.
    """
    return repr([(name, chosen(name)) for name in (*EXPLORE, PERIOD)])


def clear() -> None:
    """Reset all filters. A callback: it runs before the widgets are drawn again."""
    choose(**{name: "" if name in PERSONAL else None for name in EXPLORE}, **{PERIOD: ALL})


def drop(name: str) -> None:
    """Reset one filter. A callback: it runs before the widgets are drawn again."""
    choose(**{name: "" if name in PERSONAL else None})


def read_address(t: Translator, names: tuple[str, ...]) -> None:
    """Read the filters of the visitor's link, before the widgets are drawn.

    Done once a session, at its first page. After that, the filters chosen on other pages apply.
    """
    if not _stored_choices():
        _stored_choices().update(_linked(t))  # at once: a click may end this run at its next step
    if st.session_state.get("filters_of") != names:
        # Streamlit gives a widget of the same key on another page its default again.
        choose(**_stored_choices())
    # Streamlit drops the state of a filter whose widget is on another page.
    choose(
        **{name: value for name, value in _stored_choices().items() if PREFIX + name not in st.session_state}
    )
    st.session_state["filters_of"] = names


def _linked(t: Translator) -> dict[str, Any]:
    """Filters of the visitor's link; an invalid one is reported on the page."""
    values: dict[str, Any] = {PERIOD: ALL}
    for name in EXPLORE:
        if name in PERSONAL or asked(name) is None:
            continue
        try:
            values[name] = getattr(Filters.from_params({name: asked(name)}), name)
        except FilterInvalid as error:
            show_refusal(error, t)
    period = asked(PERIOD)
    if values.get("start_date") or values.get("end_date"):
        values[PERIOD] = CUSTOM
    elif period in PRESETS:
        values[PERIOD] = period
    return values


def write_address(names: tuple[str, ...]) -> None:
    """Save the filters and update the address, after the widgets were drawn."""
    for name in (*names, PERIOD):
        if PREFIX + name in st.session_state:
            _stored_choices()[name] = st.session_state[PREFIX + name]
    period = chosen(PERIOD)
    wanted: dict[str, str] = {}
    if period in PRESETS:
        wanted[PERIOD] = cast("str", period)
    dated = period == CUSTOM
    for name in names:
        value = chosen(name)
        if name not in PERSONAL and value is not None and (dated or not name.endswith("_date")):
            wanted[name] = str(value)
    for name in (*EXPLORE, PERIOD):
        keep(name, wanted.get(name))


def selection(screen: Screen, names: tuple[str, ...], newest: dt.date | None) -> Filters:
    """The set filters among `names`, with presets resolved to days."""
    values = {name: chosen(name) for name in names}
    days = period_days(screen, newest)
    values["start_date"], values["end_date"] = days or (None, None)
    filters = Filters.from_params({name: value for name, value in values.items() if value is not None})
    note_shown(filters)
    return filters


def note_shown(filters: Filters) -> None:
    """Remember what the page at hand shows; a picture of a chart says it."""
    st.session_state[SHOWN] = filters


def shown() -> Filters:
    """What the page at hand shows, also while one of its panels is drawn alone."""
    filters: Filters = st.session_state[SHOWN]
    return filters


def period_days(screen: Screen, newest: dt.date | None) -> tuple[dt.date | None, dt.date | None] | None:
    """First and last day of the chosen period, None for all dates."""
    period = chosen(PERIOD)
    if period == CUSTOM:
        return chosen("start_date"), chosen("end_date")
    if period not in PRESETS:
        return None
    today = dt.datetime.now(screen.running.settings.zone).date()
    return PRESETS[period].days(today, min(newest or today, today))


def draw_period(t: Translator) -> None:
    """Date range widget: a named period, or two days."""
    st.selectbox(
        t("Period"),
        list(PERIOD_NAMES),
        format_func=lambda key: t(PERIOD_NAMES[key]),
        key=PREFIX + PERIOD,
        persist_state="session",
        width=260,
    )
    if chosen(PERIOD) == CUSTOM:
        for name, label in (("start_date", t("From")), ("end_date", t("To (inclusive)"))):
            date_field(label, PREFIX + name, persist_state="session")


def draw_report(t: Translator, reports: list[dict[str, Any]]) -> None:
    """Import filter widget: one import, or all."""
    names = {report["report_id"]: report_name(t, report) for report in reports}
    unknown = chosen("report")
    if unknown and unknown not in names:
        names[unknown] = plain(unknown)
    st.selectbox(
        t("Import"),
        list(names),
        index=None,
        placeholder=t("All imports"),
        format_func=lambda report_id: names.get(report_id, report_id),
        key=PREFIX + "report",
        persist_state="session",
        width=220,
    )


def report_name(t: Translator, report: dict[str, Any]) -> str:
    """Name of an import in lists: file and day, which people recognise better than its id."""
    return f"{plain(report['file'], 40)} · {t.date(report['imported_at'])}"


def draw_mode(t: Translator) -> None:
    """Mode filter widget: sent, received or both."""
    other = chosen("mode")
    st.segmented_control(
        t("Direction"),
        MODES if other is None or other in MODES else (*MODES, other),
        format_func=lambda mode: t(MODE_NAMES[mode]) if mode in MODE_NAMES else plain(mode, 20),
        key=PREFIX + "mode",
        persist_state="session",
    )


def draw_status(t: Translator) -> None:
    """Verdict filter widget: valid, invalid or both."""
    st.segmented_control(
        t("Verdict"),
        list(STATUS_NAMES),
        format_func=lambda status: t(STATUS_NAMES[status]),
        key=PREFIX + "status",
        persist_state="session",
    )
