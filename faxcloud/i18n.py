"""Translation and localisation: sentences, numbers and dates in the reader's language.

English stands in the code, French in `locale/fr/LC_MESSAGES/faxcloud.po`; `languages.py` lists both. The
`.po` file is read directly, so there is no compiled copy to update. `make messages` collects new sentences
into it; a test fails while one of them has no French.
"""

import datetime as dt
import functools
import importlib.resources
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

import babel.dates
import babel.numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from faxcloud.languages import LANGUAGES as LANGUAGES  # noqa: PLC0414 - given out here
from faxcloud.languages import LOCALES, SOURCE, Locale
from faxcloud.languages import Language as Language  # noqa: PLC0414

NO_DATA = "–"
"""Shown where there is no number: never 0, which would be one."""

LONGEST_VALUE = 300
"""Characters of a value that a sentence quotes: a list of columns fits, a file that is one line does not."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURE_PLACES = 9
"""Decimals of a percentage that a division of counts leaves right."""
_MOST_DECIMALS = 6
_ACCEPTED = re.compile(r"\s*([A-Za-z]+|\*)[^,;]*(?:;\s*q=([0-9.]+))?")


def N_(message: str) -> str:  # noqa: N802 - gettext's own name, which extractors know
    """Mark a sentence for translation where it is written; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Translator:
    """Localisation of one language. Get one from `translator(language)`."""

    language: Language

    @property
    def locale(self) -> Locale:
        """Notation of the language."""
        return LOCALES[self.language]

    def __call__(self, message: str, /, **values: object) -> str:
        """The sentence in this language (English where French is missing), its `{named}` fields filled.

        Numbers, dates and lists are written as the reader does. `{size:bytes}`, `{rate:percent}` and
        `{seconds:duration}` ask for the method of that name, `{count:.2f}` for Python's format.
        """
        return self._filled(self._found(message) or message, values)

    def gettext(self, message: str, /, **values: object) -> str:
        """Translate a sentence; the same as calling the translator."""
        return self(message, **values)

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """Translate a word whose French depends on its context: `("column", "Change")`."""
        return self._filled(self._found(message, context) or message, values)

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """Plural form for `count`, with `{count}` as `number` writes it; in French 0 is singular."""
        found = _catalogue(self.language).get(one) if self.language != SOURCE else None
        forms = (
            found.string
            if found and isinstance(found.string, tuple | list) and all(found.string)
            else (one, many)
        )
        return self._filled(forms[self.locale.is_plural(count)], {**values, "count": count})

    def number(self, value: float | Decimal | None, decimals: int = 0) -> str:
        """Format a number: `12,345.6` in English, `12 345,6` (narrow no-break space) in French."""
        if value is None or math.isnan(value):  # pandas says NaN for NULL
            return NO_DATA
        return _number(value, decimals, self.language)

    def percent(self, rate: float | Decimal | None, decimals: int = 1) -> str:
        """Format a rate of 0 to 1 as a percentage: `98.4%`, `98,4 %`.

        Rounded half up, as everybody's spreadsheet does; but what is not all is never said to be 100 %.
        """
        if rate is None or math.isnan(rate):
            return NO_DATA
        return self.number(_percentage(rate, decimals), decimals) + self.locale.percent

    def percent_beside(self, rate: float, limit: float) -> str:
        """A rate with as many decimals, one at least, as show on which side of a limit it is.

        94.96 % misses a target of 95 %: written as 95.0 % it would seem to reach it.
        """
        decimals = 1
        while decimals < _MOST_DECIMALS and _hides(rate, limit, decimals):
            decimals += 1
        return self.percent(rate, decimals)

    def date(self, value: dt.date | None) -> str:
        """Format a date: `05 Nov 2026`, `05/11/2026`."""
        if value is None:
            return NO_DATA
        return str(babel.dates.format_date(value, self.locale.date, locale=self.language))

    def datetime(self, value: dt.datetime | None, zone: dt.tzinfo | None = None) -> str:
        """Format a date and 24-hour time: an instant in `zone` if one is given, a local time as it is."""
        if value is None:
            return NO_DATA
        if zone is not None and value.tzinfo is not None:
            value = value.astimezone(zone)
        return f"{self.date(value)} {value:%H:%M}"

    def duration(self, seconds: float | None) -> str:
        """Format a duration in its two largest units: `2 h 05 min`, `3 min 12 s`, `0.4 s`."""
        if seconds is None:
            return NO_DATA
        if seconds < 10:
            return f"{self.number(seconds, 1)} s"
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        if days:
            return f"{self.number(days)} {self.locale.day} {hours:02d} h"
        if hours:
            return f"{hours} h {minutes:02d} min"
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"

    def bytes(self, size: int | None) -> str:
        """Format a size in decimal units, as disks are sold: `1.5 GB`, `1,5 Go`."""
        if size is None:
            return NO_DATA
        amount, power = Decimal(size), 0
        units = self.locale.byte_units
        while abs(amount) >= Decimal("999.95") and power < len(units) - 1:
            amount /= 1000
            power += 1
        return f"{self.number(amount, 1 if power else 0)} {units[power]}"

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        if not values:
            return text
        return text.format_map({name: _Shown(value, self) for name, value in values.items()})

    def _found(self, message: str, context: str | None = None) -> str | None:
        # An empty message would find the catalogue's header.
        if self.language == SOURCE or not message:
            return None
        found = _catalogue(self.language).get(message, context)
        if found is None:
            return None
        text = found.string
        return text if isinstance(text, str) and text else None


class _Shown:
    """Value formatted for a sentence: one line, in the reader's notation."""

    def __init__(self, value: Any, translate: Translator) -> None:
        self.value = value
        self.translate = translate

    def __format__(self, spec: str) -> str:
        if spec in ("bytes", "percent", "duration"):
            return str(getattr(self.translate, spec)(self.value))
        return format(self.value, spec) if spec else self._text()

    def _text(self) -> str:
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool):
            return self.translate.number(value)
        if isinstance(value, dt.datetime):
            return self.translate.datetime(value) + (" UTC" if value.tzinfo is dt.UTC else "")
        if isinstance(value, dt.date):
            return self.translate.date(value)
        listed = isinstance(value, Iterable) and not isinstance(value, str)
        text = ", ".join(map(str, value)) if listed else str(value)
        text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
        return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


@functools.cache
def translator(language: Language) -> Translator:
    """Translator of a language."""
    return Translator(language)


def negotiate(preferences: str | None) -> Language:
    """Language negotiation: the preferred one of `LANGUAGES`, English for everybody else.

    Args:
        preferences: an `Accept-Language` header, a browser's locale (`fr-CA`) or a system's (`fr_FR.UTF-8`).

    >>> negotiate("de, fr;q=0.8, en;q=0.5")
    'fr'
    >>> negotiate("en-GB,fr;q=0.9"), negotiate("fr_FR.UTF-8"), negotiate(None)
    ('en', 'fr', 'en')
    """
    ranked: list[tuple[float, Language]] = []
    for part in (preferences or "").split(","):
        match = _ACCEPTED.match(part)
        if match is None:
            continue
        name = re.split(r"[-_.@]", match[1].lower())[0]
        weight = _weight(match[2])
        if name in LANGUAGES and weight > 0:
            ranked.append((weight, cast(Language, name)))
    # max keeps the first of equals: the reader's order.
    return max(ranked, key=lambda choice: choice[0])[1] if ranked else SOURCE


def language_of(environ: Mapping[str, str]) -> Language:
    """Language of a terminal, by POSIX precedence: LC_ALL, LC_MESSAGES, LANG."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(variable):
            return negotiate(environ[variable])
    return SOURCE


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0  # `q=1.2.3` comes from no browser; such a language is not asked for


def _exact(value: float | Decimal) -> Decimal:
    # Through its shortest text: Decimal(0.285) is 0.28499…, which would round down where the reader expects
    # up. str and not repr: numpy's says np.float64(0.285).
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _percentage(rate: float | Decimal, decimals: int) -> Decimal:
    # What is off by a binary fraction alone is made right first: 0.30000000000000004 - 0.1 is 20 %.
    exact = (_exact(rate) * 100).quantize(Decimal(1).scaleb(-_SURE_PLACES), rounding=ROUND_HALF_UP)
    step = Decimal(1).scaleb(-decimals)
    rounded = exact.quantize(step, rounding=ROUND_HALF_UP)
    return rounded - step if exact < 100 <= rounded else rounded


def _hides(rate: float, limit: float, decimals: int) -> bool:
    """Whether rounding puts a rate on the other side of a limit."""
    percentage, exact_limit = _percentage(rate, decimals), _exact(limit) * 100
    return (percentage >= exact_limit) != (_exact(rate) * 100 >= exact_limit)


@functools.lru_cache(maxsize=50_000)
def _number(value: float | Decimal, decimals: int, language: str) -> str:
    # Remembered, since Babel takes 30 µs and a page writes a thousand numbers, most of them again and again.
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(babel.numbers.format_decimal(_rounded(value, decimals), pattern, locale=language))


def _rounded(value: float | Decimal, decimals: int) -> Decimal:
    rounded = _exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)  # no "-0"


@functools.cache
def _catalogue(language: Language) -> Catalog:
    source = importlib.resources.files("faxcloud") / "locale" / language / "LC_MESSAGES" / "faxcloud.po"
    with source.open("rb") as lines:
        return read_po(lines, locale=language)
