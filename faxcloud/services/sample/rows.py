"""Sample rows: each line is joined from prepared pieces that a few random bits choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from faxcloud.services.sample import pools
from faxcloud.services.sample.tally import Tally

Ints = npt.NDArray[np.int64]

# Rows are drawn block by block, each from a generator of its own: memory stays constant, and bytes do not
# depend on who asks. Even, so that the two rows of an internal fax never straddle two blocks.
_BLOCK_ROWS = 131_072
# Draws are 16 bits wide: a table of 65,536 slots turns one into a member of a pool.
_SLOTS = 65_536
# 1.7 % of ids on two rows are 3.34 % of the couples of neighbouring rows.
_PAIR_DRAWS = round(0.0334 * _SLOTS)
# 35 % of all rows, given that half the rows of internal faxes are sent ones.
_SENT_DRAWS = round(0.3448 * _SLOTS)
# Of what is sent; wrong numbers are 1 % of all rows (with those of extensions), mobiles too.
_WRONG_SLOTS, _MOBILE_SLOTS = round(0.0215 * _SLOTS), round(0.029 * _SLOTS)
# Received faxes logged under a five-digit extension, in 1024ths.
_EXTENSION_DRAWS = 5
_DURATIONS = 64

# Relative traffic by hour of the day, Monday to Sunday, and by number of pages from 0 (parts of 100,000).
_HOURS = (1, 1, 1, 1, 1, 2, 6, 22, 70, 105, 112, 96, 48, 62, 98, 104, 88, 54, 22, 10, 6, 4, 3, 2)
_WEEKDAYS = (112, 104, 100, 102, 92, 14, 9)
_PAGES = (2000, 33500, 24500, 14000, 9000, 6000, 4000, 1900, 1300, 900, 700)
_MOST_PAGES = 40
_ABOVE_TEN = 2200


def _falling(count: int, first: int = 8) -> list[int]:
    """Weights of a pool that fall as the rank rises, the steeper the lower `first`."""
    return [10**9 // (rank + first) for rank in range(count)]


def _slots(weights: list[int], slots: int) -> Ints:
    """Pool positions, each as often as its share of the weights; integers only, so equal everywhere."""
    bounds = np.concatenate(([0], np.cumsum(np.array(weights, dtype=np.int64)))) * slots // sum(weights)
    return np.repeat(np.arange(len(weights), dtype=np.int64), np.diff(bounds))


class Rows:
    """Rows of one file, to be read once through `blocks`; then `tally` has counted them."""

    def __init__(self, rows: int, seed: int, start: date, days: int, encoding: str) -> None:
        self._rows, self._seed, self._start, self._encoding = rows, seed, start, encoding
        people = pools.users()
        good, mobiles, wrong = pools.landlines(), pools.mobiles(), pools.wrong_entries()
        book = good + mobiles + wrong
        self._users, self._entries = len(people), len(book)
        self._draw_pools(len(good), len(mobiles), len(wrong))
        self._lay_out_time(days)

        self._who = self._pool(
            f"{user.name};{pools.RESELLER};{mode};{user.email}" for mode in ("SF", "RF") for user in people
        )
        # Correspondents send too; where a wrong entry would, a caller hides his number.
        numbers = [entry.number for entry in good] + [""] * (len(mobiles) + len(wrong))
        self._senders = self._pool([user.line for user in people] + numbers)
        called = [f"{entry.number};{int(entry.is_international)};0" for entry in book]
        called += [f"{user.line};0;{is_internal}" for is_internal in (0, 1) for user in people]
        called += [f"{user.extension};0;1" for user in people]
        self._called = self._pool(called)
        rules = [entry.rule for entry in book] + [""] * 2 * len(people) + ["number.length"] * len(people)
        self.tally = Tally(rules, _MOST_PAGES)
        self._tails = self._pool(_tails())

    def _draw_pools(self, good: int, mobiles: int, wrong: int) -> None:
        self._user_slots = _slots(_falling(self._users), _SLOTS)
        landlines = _slots(_falling(good), _SLOTS - _MOBILE_SLOTS - _WRONG_SLOTS)
        to_mobiles = _slots(_falling(mobiles), _MOBILE_SLOTS) + good
        to_nobody = _slots(_falling(wrong, 2), _WRONG_SLOTS) + good + mobiles
        self._entry_slots = np.concatenate((landlines, to_mobiles, to_nobody))
        # A wrong entry is mostly dialled by the one who keeps it in the memory of his machine.
        self._owner = np.arange(self._entries, dtype=np.int64) * 29 % self._users
        self._owner[:good] = -1
        tail = _falling(_MOST_PAGES - len(_PAGES) + 1)
        above_ten = [weight * _ABOVE_TEN * 10**6 // sum(tail) for weight in tail]
        self._page_slots = _slots([weight * 10**6 for weight in _PAGES] + above_ten, _SLOTS)

    def _lay_out_time(self, days: int) -> None:
        # No two days are alike: 95 to 105 parts of their weekday's traffic.
        monday = -self._start.weekday()
        traffic = [_WEEKDAYS[(day - monday) % 7] * (95 + day * 7919 % 11) for day in range(days)]
        hours = np.array([day * hour for day in traffic for hour in _HOURS], dtype=np.int64)
        self._hours = hours.astype(np.float64)
        self._bounds = np.concatenate(([0], np.cumsum(hours))).astype(np.float64)
        dates = [(self._start + timedelta(days=day)).strftime("%d/%m/%Y") for day in range(days)]
        clock = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(1440)]
        self._minutes = self._pool(f"{on} {at}" for on in dates for at in clock)
        # The service writes pages as decimals since its last release, three fifths into the period.
        self._decimals_from = days * 3 // 5 * 1440

    def _pool(self, texts: Iterable[str]) -> Any:
        return pa.array([text.encode(self._encoding) for text in texts], type=pa.binary())

    def at(self, minute: int) -> datetime:
        """Local time of a minute counted from the start of the period."""
        return datetime.combine(self._start, time()) + timedelta(minutes=minute)

    def blocks(self) -> Iterator[tuple[int, memoryview]]:
        """Blocks in order: (rows so far, the encoded lines of the block)."""
        for number, first in enumerate(range(0, self._rows, _BLOCK_ROWS)):
            count = min(_BLOCK_ROWS, self._rows - first)
            # The raw stream of PCG64 is guaranteed to stay; the distributions that numpy makes of it are not.
            raw = np.random.PCG64(np.random.SeedSequence([self._seed, number])).random_raw(2 * count)
            draws = raw.astype("<u8").view("<u2").reshape(count, 8).T.astype(np.int64, order="C")
            yield first + count, self._lines(np.arange(first, first + count, dtype=np.int64), draws)

    def _lines(self, place: Ints, draws: Ints) -> memoryview:
        fax = place * 7 + 214_000_000 + (draws[7] >> 8) % 7
        minute = self._minute_of(place, draws[2])
        received = (draws[3] >= _SENT_DRAWS).astype(np.int64)
        page, duration = self._page_slots[draws[4]], draws[5] % _DURATIONS
        user, sender, called = self._parties(received, draws)

        # An internal fax: the sender's row and, right after it, the receiver's, under one id.
        out = np.flatnonzero(draws[6, : len(place) // 2 * 2 : 2] < _PAIR_DRAWS) * 2
        back = out + 1
        received[out], received[back] = 0, 1
        user[back] = (user[out] + 1 + draws[7, out] % (self._users - 1)) % self._users
        sender[out] = sender[back] = user[out]
        called[out] = called[back] = self._entries + self._users + user[back]
        for column in (fax, minute, page, duration):
            column[back] = column[out]

        self.tally.add(received, page, called, minute, pairs=len(out))
        newer = minute >= self._decimals_from
        tail = ((received * 2 + newer) * (_MOST_PAGES + 1) + page) * _DURATIONS + duration
        lines = pc.binary_join_element_wise(
            pc.cast(pc.cast(pa.array(fax), pa.string()), pa.binary()),
            self._who.take(pa.array(received * self._users + user)),
            self._minutes.take(pa.array(minute)),
            self._senders.take(pa.array(sender)),
            self._called.take(pa.array(called)),
            self._tails.take(pa.array(tail)),
            b";",
        )
        # Arrow keeps the lines end to end, as the file does.
        _, offsets, data = lines.buffers()
        return memoryview(data)[: int(np.frombuffer(offsets, dtype=np.int32)[len(place)])]

    def _parties(self, received: Ints, draws: Ints) -> tuple[Ints, Ints, Ints]:
        """Positions of the user, the sending number and the called number in their pools."""
        user, entry = self._user_slots[draws[0]], self._entry_slots[draws[1]]
        owner = self._owner[entry]
        user = np.where((received == 0) & (owner >= 0) & (draws[6] & 3 > 0), owner, user)
        sender = np.where(received == 1, self._users + entry, user)
        has_extension = draws[5] >> 6 < _EXTENSION_DRAWS
        own_line = self._entries + user + has_extension * (2 * self._users)
        return user, sender, np.where(received == 1, own_line, entry)

    def _minute_of(self, place: Ints, draw: Ints) -> Ints:
        """Minutes since the start, rising with the place: the place's quantile of the hospital's rhythm."""
        at = (place + draw / _SLOTS) / self._rows * self._bounds[-1]
        hour = np.minimum(np.searchsorted(self._bounds, at, side="right") - 1, len(self._hours) - 1)
        within = ((at - self._bounds[hour]) / self._hours[hour] * 60).astype(np.int64)
        minute: Ints = hour * 60 + np.minimum(within, 59)
        return minute


def _tails() -> Iterator[str]:
    """The columns from the pages on, by mode, release of the service, pages and duration."""
    for billing in ("Forfait", "Réception"):
        for form in ("{}", "{}.0"):
            for page in range(_MOST_PAGES + 1):
                for variant in range(_DURATIONS):
                    is_blank = page == 0 and variant < _DURATIONS * 7 // 8
                    seconds = "" if is_blank else str(page * (15 + variant) + 9 + variant * 7 % 13)
                    kind = "Dépassement" if billing == "Forfait" and variant % 16 == 5 else billing
                    yield f"{form.format(page)};{seconds};{max(page, 1)}.00;{kind}\r\n"
