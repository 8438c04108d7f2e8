"""Expected counts of a sample export, collected while it is generated, to compare a reader's answers with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Tally:
    """Running counts.

    Args:
        rules: for each member of the pool of called numbers, the rule of faxcloud-3 it violates, '' for none.
    """

    def __init__(self, rules: list[str], most_pages: int) -> None:
        # '' sorts first: row 0 of the verdicts is that of numbers in order.
        self._rules = sorted({"", *rules})
        self._kind = np.array([self._rules.index(rule) for rule in rules], dtype=np.int64)
        self._pages = np.zeros((2, most_pages + 1), dtype=np.int64)
        self._verdicts = np.zeros((len(self._rules), 2), dtype=np.int64)
        self.pairs = 0
        self.first_minute = self.last_minute = -1

    def add(self, received: Ints, page: Ints, called: Ints, minute: Ints, *, pairs: int) -> None:
        """Count one block of rows: 0 or 1, pages, position of the called number, minute since the start."""
        width = self._pages.shape[1]
        self._pages += np.bincount(received * width + page, minlength=2 * width).reshape(2, width)
        verdict = self._kind[called] * 2 + (page == 0)
        self._verdicts += np.bincount(verdict, minlength=self._verdicts.size).reshape(-1, 2)
        self.pairs += pairs
        if self.first_minute < 0:
            self.first_minute = int(minute[0])
        self.last_minute = int(minute[-1])

    @property
    def valid(self) -> int:
        return int(self._verdicts[0, 0])

    def rows_of(self, *, received: bool) -> int:
        return int(self._pages[int(received)].sum())

    def pages_of(self, *, received: bool) -> int:
        counts = self._pages[int(received)]
        return int(counts @ np.arange(len(counts)))

    def violations(self) -> dict[str, int]:
        """Rows by violated rule, only rules that occur; a row with a bad number and no page counts twice."""
        counts = dict(zip(self._rules[1:], self._verdicts[1:].sum(axis=1).tolist(), strict=True))
        counts["pages.zero"] = int(self._verdicts[:, 1].sum())
        return {rule: count for rule, count in sorted(counts.items()) if count}
