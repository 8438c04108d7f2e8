"""Scheduled mail definitions: schedule, recipients, language, contents and attachments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from faxcloud.domain.filters import Filters
from faxcloud.domain.schedules import Schedule
from faxcloud.errors import FilterInvalid, MailingInvalid
from faxcloud.i18n import LANGUAGES, N_, Language

Attached = Literal["pdf", "csv"]
ATTACHED: tuple[Attached, ...] = get_args(Attached)

FILTERED = ("mode", "status", "rule", "number_type")
"""What a mail may be limited to: neither a person nor a number, and its days follow from its schedule."""

LONGEST_NAME = 100
LONGEST_ADDRESS = 254
MOST_RECIPIENTS = 200

# No quoted local parts, no comments, no letters beyond ASCII: not every mail server takes those.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a scheduled mail.

    Attributes:
        zone: IANA name of the time zone of the schedule's hours; empty is the fax service's.
    """

    address: str
    language: Language = "fr"
    zone: str = ""

    def __post_init__(self) -> None:
        """Refuse what no mail can be sent to.

        Raises:
            MailingInvalid: the address or the language cannot be.
        """
        local = self.address.partition("@")[0]
        if not _ADDRESS.fullmatch(self.address) or len(self.address) > LONGEST_ADDRESS or len(local) > 64:
            raise MailingInvalid(
                name=N_("recipient"), value=self.address[:LONGEST_NAME], expected="name@example.org"
            )
        if self.language not in LANGUAGES:
            raise MailingInvalid(
                name=N_("language of a recipient"),
                value=str(self.language)[:LONGEST_NAME],
                expected=", ".join(LANGUAGES),
            )


@dataclass(frozen=True, slots=True)
class Mailing:
    """Definition of a scheduled mail.

    Attributes:
        attached: Files to attach; the key figures stand in the mail itself.
        is_masked: Numbers and addresses in its files are masked, as viewers see them.
        filters: Among `FILTERED`.
    """

    name: str
    schedule: Schedule
    recipients: tuple[Recipient, ...]
    attached: tuple[Attached, ...] = ("pdf",)
    is_masked: bool = True
    filters: Filters = field(default_factory=Filters)

    def __post_init__(self) -> None:
        """Refuse what is no mailing.

        Raises:
            MailingInvalid: which part it is.
        """
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise MailingInvalid(
                name=N_("subject"),
                value=self.name[:LONGEST_NAME],
                expected=N_("a line of at most 100 characters"),
            )
        if not 1 <= len(self.recipients) <= MOST_RECIPIENTS:
            raise MailingInvalid(
                name=N_("number of recipients"),
                value=str(len(self.recipients)),
                expected=f"1 – {MOST_RECIPIENTS}",
            )
        seen: set[str] = set()
        for recipient in self.recipients:
            if recipient.address.lower() in seen:
                raise MailingInvalid(
                    name=N_("recipient"), value=recipient.address, expected=N_("each address once")
                )
            seen.add(recipient.address.lower())
        for name in self.attached:
            if name not in ATTACHED:
                raise MailingInvalid(
                    name=N_("attached file"), value=str(name)[:100], expected=", ".join(ATTACHED)
                )
        if set(self.filters.to_params()) - set(FILTERED):
            given = ", ".join(sorted(self.filters.to_params()))
            raise MailingInvalid(name=N_("filter"), value=given, expected=", ".join(FILTERED))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Mailing:
        """Read a mailing from what `to_dict` gave.

        Raises:
            MailingInvalid: a part is missing or invalid.
        """
        try:
            return cls(
                name=str(values["name"]),
                schedule=Schedule.from_dict(values["schedule"]),
                recipients=tuple(Recipient(**each) for each in values["recipients"]),
                attached=tuple(values["attached"]),
                is_masked=bool(values["is_masked"]),
                filters=Filters.from_params(values["filters"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise MailingInvalid(
                name="mailing", value=str(error)[:100], expected="name, schedule, …"
            ) from error
        except FilterInvalid as error:
            raise MailingInvalid(**{**error.values, "name": f"filters.{error.values['name']}"}) from error

    def to_dict(self) -> dict[str, Any]:
        """JSON data of the mailing."""
        return {
            "name": self.name,
            "schedule": self.schedule.to_dict(),
            "recipients": [
                {"address": each.address, "language": each.language, "zone": each.zone}
                for each in self.recipients
            ],
            "attached": [*self.attached],
            "is_masked": self.is_masked,
            "filters": self.filters.to_params(),
        }


def read_recipients(text: str, language: Language, zone: str) -> tuple[Recipient, ...]:
    """Parse recipients, one per line: an address and, after commas, a language and time zone of its own.

    Raises:
        MailingInvalid: a line is not a recipient.

    >>> read_recipients("ann@example.org\\nbob@example.org, en, Indian/Reunion", "fr", "Europe/Paris")[1]
    Recipient(address='bob@example.org', language='en', zone='Indian/Reunion')
    """
    return tuple(_recipient(line, language, zone) for line in text.splitlines() if line.strip())


def write_recipients(recipients: Sequence[Recipient], language: Language, zone: str) -> str:
    """Write recipients as `read_recipients` reads them with the same language and time zone."""
    lines = []
    for each in recipients:
        parts = [each.address]
        if (each.language, each.zone) != (language, zone):
            parts.append(each.language)
        if each.zone != zone:
            parts.append(each.zone)
        lines.append(", ".join(parts))
    return "\n".join(lines)


def _recipient(line: str, language: Language, zone: str) -> Recipient:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) > 3:
        raise MailingInvalid(
            name=N_("recipient"),
            value=line.strip()[:LONGEST_NAME],
            expected="name@example.org, fr, Europe/Paris",
        )
    address, spoken, place = [*parts, "", ""][:3]
    return Recipient(address, spoken or language, place or zone)  # type: ignore[arg-type]  # checked by it
