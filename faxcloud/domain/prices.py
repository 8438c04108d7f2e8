"""Price list and cost of a fax; store/queries/usage.py has the same definition in SQL.

A fax costs its billed pages x the price of a page + the price of a call + its duration x the price of a
minute, rounded half up to `PLACES` decimals once, per fax. Every published cost is the exact sum of these:
whatever it is grouped by, the lines add up to the total.

A fax has no cost, rather than a cost of 0, where no line of the list applies to it, or where the line charges
by billed pages or duration and the export lacks them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Self

from faxcloud.errors import PriceListInvalid
from faxcloud.i18n import N_

PLACES = 4
"""Decimals of the cost of a fax."""
PRICE_PLACES = 6
"""Decimals that a price may have; `_PRICE` says so too."""
HIGHEST_PRICE = Decimal(1_000_000)
MOST_PRICES = 200
LONGEST_TYPE = 200

Class = Literal["internal", "national", "international"]
CLASSES: tuple[Class, ...] = ("internal", "national", "international")
"""By the flags of the export: internal where it is set, else international where it is set, else national."""

AMOUNTS = ("per_page", "per_call", "per_minute")

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_PREFIX = re.compile(r"(?:\+|00)?([1-9]\d{0,6})", re.ASCII)
_PRICE = re.compile(r"\d{1,7}(?:\.\d{1,6})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_ONE = 10**PRICE_PLACES
_PAGE = 100
"""Billed pages have two decimals."""
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the price list; a part that is None is not charged.

    Attributes:
        billing_type: As exported; None for any.
        destination: A class, or the prefix of international numbers as `+377`; None for any.
    """

    billing_type: str | None = None
    destination: str | None = None
    per_page: Decimal | None = None
    per_call: Decimal | None = None
    per_minute: Decimal | None = None

    def is_for(self, billing_type: str, destination: str) -> bool:
        """Whether the line applies to that billing type and destination (see `PriceList.destination`)."""
        if self.billing_type not in (None, billing_type):
            return False
        if self.destination is None or self.destination == destination:
            return True
        prefix = "+" if self.destination == "international" else self.destination
        return prefix.startswith("+") and destination.startswith(prefix)

    def cost(self, billed_pages: Decimal | None, duration_s: int | None) -> Decimal | None:
        """Cost of one fax; None where the export lacks what is charged by.

        >>> Price(per_page=Decimal("0.05"), per_minute=Decimal("0.10")).cost(Decimal("3.00"), 50)
        Decimal('0.2333')
        >>> Price(per_minute=Decimal("0.10")).cost(Decimal("3.00"), None) is None
        True
        """
        if (self.per_page and billed_pages is None) or (self.per_minute and duration_s is None):
            return None
        scaled = (
            int((billed_pages or Decimal()) * _PAGE) * scaled_price(self.per_page) * _MINUTE
            + scaled_price(self.per_call) * _PAGE * _MINUTE
            + (duration_s or 0) * scaled_price(self.per_minute) * _PAGE
        )
        half_up = (2 * abs(scaled) + UNIT) // (2 * UNIT)
        return Decimal(half_up if scaled >= 0 else -half_up).scaleb(-PLACES)

    def to_dict(self) -> dict[str, str | None]:
        """JSON data, as `PriceList.from_dict` reads it; amounts are texts, as JSON numbers are inexact."""
        prices = {name: getattr(self, name) for name in AMOUNTS}
        return {
            "billing_type": self.billing_type,
            "destination": self.destination,
            **{name: None if price is None else format(price, "f") for name, price in prices.items()},
        }


UNIT = _ONE * _PAGE * _MINUTE // 10**PLACES
"""How many of the smallest amounts that pages, calls and seconds are counted in make one `PLACES`th."""


def scaled_price(price: Decimal | None) -> int:
    """Price in whole millionths; 0 for what is not charged."""
    return 0 if price is None else int(price.scaleb(PRICE_PLACES))


@dataclass(frozen=True, slots=True)
class PriceList:
    """Price list in one currency (ISO 4217). Without lines nothing has a cost."""

    currency: str = "EUR"
    prices: tuple[Price, ...] = ()

    @classmethod
    def from_dict(cls, given: Any) -> Self:
        """Read a price list from JSON data. Blank texts are None; a comma may stand for the decimal point.

        Raises:
            PriceListInvalid: a value cannot be used; lines count from 1.
        """
        if not isinstance(given, Mapping) or not isinstance(given.get("prices", []), Sequence):
            raise _invalid(0, "prices", given, N_("Expected: a currency and a list of prices."))
        currency = _text(given.get("currency") or "EUR").upper()
        if not _CURRENCY.fullmatch(currency):
            raise _invalid(
                0, "currency", currency, N_("Expected: three letters as in ISO 4217, such as EUR or CHF.")
            )
        lines = given.get("prices", [])
        if len(lines) > MOST_PRICES:
            raise _invalid(MOST_PRICES + 1, "prices", len(lines), N_("A list has at most 200 prices."))
        prices = tuple(_price(number, line) for number, line in enumerate(lines, 1))
        seen: set[tuple[str | None, str | None]] = set()
        for number, price in enumerate(prices, 1):
            place = (price.billing_type, price.destination)
            if place in seen:
                raise _invalid(
                    number,
                    "destination",
                    price.destination or "",
                    N_("An earlier price is for the same billing type and destination. Keep one of them."),
                )
            seen.add(place)
        return cls(currency, prices)

    def to_dict(self) -> dict[str, Any]:
        """JSON data of the price list."""
        return {"currency": self.currency, "prices": [price.to_dict() for price in self.prices]}

    def ordered(self) -> tuple[Price, ...]:
        """Lines by precedence: the first one that applies to a fax is its price.

        A named billing type goes before any, then a prefix before a class, the longer one first, then a class
        before any destination.
        """
        return tuple(sorted(self.prices, key=_generality))

    def price_for(self, billing_type: str, destination: str) -> Price | None:
        """Price of a fax; None when the list has none."""
        return next((price for price in self.ordered() if price.is_for(billing_type, destination)), None)

    def prefixes(self) -> tuple[str, ...]:
        """Listed prefixes without their plus sign, the longest first."""
        found = {(price.destination or "")[1:] for price in self.prices if _is_prefix(price)}
        return tuple(sorted(found, key=lambda prefix: (-len(prefix), prefix)))

    def destination(self, number: str, *, is_internal: bool | None, is_international: bool | None) -> str:
        """Destination of a fax: a class, or an international number's longest listed prefix, as `+377`."""
        if is_internal:
            return "internal"
        if not is_international:
            return "national"
        digits = number.removeprefix("00")
        listed = next((prefix for prefix in self.prefixes() if digits.startswith(prefix)), None)
        return "international" if listed is None else f"+{listed}"


def _is_prefix(price: Price) -> bool:
    return (price.destination or "").startswith("+")


def _generality(price: Price) -> tuple[bool, int, int]:
    rank = 0 if _is_prefix(price) else 1 if price.destination else 2
    return price.billing_type is None, rank, -len(price.destination or "")


def _price(number: int, given: Any) -> Price:
    if not isinstance(given, Mapping):
        raise _invalid(number, "prices", given, N_("Expected: a currency and a list of prices."))
    if unknown := given.keys() - {"billing_type", "destination", *AMOUNTS}:
        known = N_("A price has: billing_type, destination, per_page, per_call, per_minute.")
        raise _invalid(number, sorted(map(str, unknown))[0], "", known)
    amounts = {name: _amount(number, name, given.get(name)) for name in AMOUNTS}
    if all(amount is None for amount in amounts.values()):
        raise _invalid(
            number,
            "per_page",
            "",
            N_("A price needs an amount per page, per call or per minute; 0 is one: it costs nothing."),
        )
    return Price(
        billing_type=_billing_type(number, given.get("billing_type")),
        destination=_destination(number, given.get("destination")),
        **amounts,
    )


def _billing_type(number: int, given: Any) -> str | None:
    text = _text(given)
    if len(text) > LONGEST_TYPE or _CONTROL.search(text):
        reason = N_("Expected: a text of at most 200 characters, as in the export; blank for any.")
        raise _invalid(number, "billing_type", text, reason)
    return text or None


def _destination(number: int, given: Any) -> str | None:
    text = _text(given)
    if not text or text in CLASSES:
        return text or None
    prefix = _PREFIX.fullmatch(text)
    if prefix is None:
        reason = N_(
            "Expected: internal, national, international, a country’s prefix such as +377, or blank for any."
        )
        raise _invalid(number, "destination", text, reason)
    return f"+{prefix[1]}"


def _amount(number: int, name: str, given: Any) -> Decimal | None:
    text = _text(given).replace(",", ".")
    if not text:
        return None
    if not _PRICE.fullmatch(text) or Decimal(text) > HIGHEST_PRICE:
        reason = N_("Expected: an amount from 0 to 1000000 with at most 6 decimals, such as 0.05.")
        raise _invalid(number, name, text, reason)
    return Decimal(text)


def _text(given: Any) -> str:
    return "" if given is None else str(given).strip()


def _invalid(line: int, name: str, value: object, reason: str) -> PriceListInvalid:
    return PriceListInvalid(line=line, field=name, value=str(value)[:LONGEST_TYPE], reason=reason)
