"""Names of weekdays in the reader's language."""

from __future__ import annotations

from typing import Literal

import babel.dates

from faxcloud.i18n import Translator


def weekday_names(t: Translator, width: Literal["abbreviated", "wide"] = "abbreviated") -> list[str]:
    """Names of the seven weekdays, Monday first."""
    names = babel.dates.get_day_names(width, locale=t.language)
    return [str(names[day]) for day in range(7)]
