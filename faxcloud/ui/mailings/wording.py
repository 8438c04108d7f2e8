"""Texts for scheduled e-mails: frequency, content, status, reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faxcloud.domain.calendar import days_after
from faxcloud.domain.schedules import LAST_DAY, Frequency, Schedule
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.wording import days_text
from faxcloud.services.mailings.message import Period
from faxcloud.services.mailings.smtp import REASONS

FREQUENCY_NAMES = {"daily": N_("Daily"), "weekly": N_("Weekly"), "monthly": N_("Monthly")}
STATE_NAMES = {
    "pending": N_("pending"),
    "sent": N_("sent"),
    "failed": N_("failed"),
    "skipped": N_("missed"),
}
ATTACHED_NAMES = {"pdf": N_("Report (PDF)"), "csv": N_("Figures over time (CSV)")}


def frequency_name(t: Translator, frequency: Frequency) -> str:
    """Frequency, such as `Weekly`."""
    return t(FREQUENCY_NAMES[frequency])


def attached_name(t: Translator, attached: str) -> str:
    """Attachment, such as `Report (PDF)`."""
    return t(ATTACHED_NAMES[attached])


def state_name(t: Translator, state: str) -> str:
    """Delivery status, such as `sent`."""
    return t(STATE_NAMES[state])


def day_name(t: Translator, day: int) -> str:
    """Day of the month, such as `5`, or the last one."""
    return t("the last") if day == LAST_DAY else t.number(day)


def schedule_text(t: Translator, schedule: Schedule) -> str:
    """Schedule, such as `Every Monday at 08:00`."""
    time = f"{schedule.hour:02d}:{schedule.minute:02d}"
    if schedule.frequency == "daily":
        return t("Every day at {time}", time=time)
    if schedule.frequency == "weekly":
        weekday = weekday_names(t, "wide")[schedule.weekday - 1]
        return t("Every {weekday} at {time}", weekday=weekday, time=time)
    if schedule.day == LAST_DAY:
        return t("On the last day of each month at {time}", time=time)
    return t("On day {day} of each month at {time}", day=schedule.day, time=time)


def period_text(t: Translator, period: Period) -> str:
    """First and last day of a period."""
    return days_text(t, period[0], days_after(period[1]))


def reason_text(t: Translator, mail: Mapping[str, Any]) -> str:
    """Why an e-mail was not sent, or not yet; empty if it was sent."""
    template = REASONS.get(mail["error"] or "")
    return "" if template is None else t(template, detail=mail["detail"])
