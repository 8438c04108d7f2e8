"""Form of a scheduled e-mail, new or changed."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from dataclasses import replace

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.domain.mailings import (
    ATTACHED,
    LONGEST_NAME,
    Attached,
    Mailing,
    Recipient,
    read_recipients,
    write_recipients,
)
from faxcloud.domain.schedules import FREQUENCIES, LAST_DAY, LAST_SURE_DAY, Schedule
from faxcloud.i18n import LANGUAGES, Language, Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.ui.filters.selection import MODE_NAMES, MODES
from faxcloud.ui.mailings.wording import attached_name, day_name, frequency_name
from faxcloud.ui.screen import Screen

DAYS = (*range(1, LAST_SURE_DAY + 1), LAST_DAY)


def draw_form(screen: Screen, key: str, mailing: Mailing | None = None) -> Mailing | None:
    """Draw the form; returns its values once it is saved.

    Args:
        key: Of the form; another one is an empty form.
        mailing: What it begins with.

    Raises:
        MailingInvalid: something that was entered cannot be.
    """
    t = screen.t
    first = _first_reader(screen, mailing)
    name = st.text_input(
        t("Name (subject of the e-mail)"),
        value=mailing.name if mailing else "",
        max_chars=LONGEST_NAME,
        placeholder=t("Faxes of radiology"),
        key=f"{key}-name",
        width=420,
    )
    schedule = _draw_schedule(t, key, mailing.schedule if mailing else Schedule())
    recipients, language, zone = _draw_recipients(t, key, mailing, first)
    attached, is_masked, mode = _draw_contents(t, key, mailing)
    label = t("Save") if mailing else t("Create")
    if not st.button(label, type="primary", icon=":material/save:", key=f"{key}-save"):
        return None
    return Mailing(
        name=name.strip(),
        schedule=schedule,
        recipients=read_recipients(recipients, language, zone),
        attached=attached,
        is_masked=is_masked,
        filters=replace(mailing.filters if mailing else Filters(), mode=mode),
    )


def _draw_schedule(t: Translator, key: str, schedule: Schedule) -> Schedule:
    with st.container(horizontal=True):
        frequency = st.segmented_control(
            t("How often"),
            FREQUENCIES,
            required=True,
            default=schedule.frequency,
            format_func=lambda each: frequency_name(t, each),
            key=f"{key}-frequency",
            wrap=True,
        )
        weekday, day = schedule.weekday, schedule.day
        if frequency == "weekly":
            names = weekday_names(t, "wide")
            weekday = st.selectbox(
                t("Weekday"),
                range(1, 8),
                index=weekday - 1,
                format_func=lambda number: names[number - 1],
                key=f"{key}-weekday",
                width=170,
            )
        elif frequency == "monthly":
            day = st.selectbox(
                t("Day of the month"),
                DAYS,
                index=DAYS.index(day),
                format_func=lambda number: day_name(t, number),
                key=f"{key}-day",
                width=170,
            )
        at = st.time_input(
            t("Time (recipient's local time)"),
            value=dt.time(schedule.hour, schedule.minute),
            key=f"{key}-time",
            width=200,
        )
    return Schedule(frequency, at.hour, at.minute, weekday, day)


def _draw_recipients(
    t: Translator, key: str, mailing: Mailing | None, first: Recipient
) -> tuple[str, Language, str]:
    text = st.text_area(
        t("Recipients, one address per line"),
        value=write_recipients(mailing.recipients, first.language, first.zone) if mailing else "",
        placeholder="claire.martin@example.org\nbob@example.org, en, Indian/Reunion",
        help=t("Each gets their own e-mail. Add another language or time zone after the address."),
        key=f"{key}-recipients",
        height=120,
    )
    with st.container(horizontal=True):
        language = st.segmented_control(
            t("Their language"),
            LANGUAGES,
            required=True,
            default=first.language,
            format_func=str.upper,
            key=f"{key}-language",
        )
        zones = _zones(first.zone)
        zone = st.selectbox(
            t("Their time zone"), zones, index=zones.index(first.zone), key=f"{key}-zone", width=240
        )
    return text, language, zone


def _draw_contents(
    t: Translator, key: str, mailing: Mailing | None
) -> tuple[tuple[Attached, ...], bool, str | None]:
    with st.container(horizontal=True):
        attached = st.pills(
            t("Attached files"),
            ATTACHED,
            selection_mode="multi",
            default=mailing.attached if mailing else ("pdf",),
            format_func=lambda each: attached_name(t, each),
            key=f"{key}-attached",
            wrap=True,
        )
        mode = st.segmented_control(
            t("Direction"),
            MODES,
            default=mailing.filters.mode if mailing else None,
            format_func=lambda each: t(MODE_NAMES[each]),
            key=f"{key}-mode",
        )
    is_masked = st.checkbox(
        t("Mask numbers and e-mail addresses in the files"),
        value=mailing.is_masked if mailing else True,
        help=t("E-mails can be forwarded to anyone."),
        key=f"{key}-masked",
    )
    return tuple(attached), is_masked, mode


def _first_reader(screen: Screen, mailing: Mailing | None) -> Recipient:
    zone = screen.running.settings.timezone
    if mailing is None:
        return Recipient("nobody@localhost", screen.t.language, zone)
    first = mailing.recipients[0]
    return Recipient(first.address, first.language, first.zone or zone)


@functools.cache
def _zones(besides: str) -> list[str]:
    """Time zones of inhabited places, by name."""
    places = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")
    known = {name for name in zoneinfo.available_timezones() if name.startswith((*places, "Pacific/"))}
    return sorted(known | {besides, "UTC"})
