"""Metrics: one definition of each published number, for pages, API, command line and exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from faxcloud.domain.blanks import users_sql
from faxcloud.i18n import N_

Unit = Literal["faxes", "pages", "seconds", "rate", "users", "violations"]
Direction = Literal["up", "down", "neither"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric over a selection of faxes.

    Attributes:
        label: English, marked for translation; so is `basis`, which says what is counted.
        unit: `rate` is 0 to 1.
        sql: An aggregate over the columns of `faxes`.
        no_data: Value of an empty selection: 0 for a count, None for what does not exist then.
        decimals: With how many every face writes it; a rate has its own (`Translator.percent_beside`).
        is_additive: The value of a selection is the sum of the values of its parts.
        good: The direction of a change that is good news.
        faxes: The filters that select the faxes to look at when the number stands out: those that it counts,
            of compliance the invalid ones; none where it counts all, or where no filter selects them.
    """

    key: str
    label: str
    unit: Unit
    sql: str
    basis: str
    no_data: int | None = 0
    decimals: int = 0
    is_additive: bool = True
    good: Direction = "neither"
    faxes: Mapping[str, str] = field(default_factory=dict)


def _sum(value: str) -> str:
    return f"coalesce(sum({value}), 0)"


_ALL = N_("all faxes of the selection")
_VALID, _INVALID = {"status": "valid"}, {"status": "invalid"}
_SENT, _RECEIVED = {"mode": "SF"}, {"mode": "RF"}

METRICS: tuple[Metric, ...] = (
    Metric("faxes", N_("Faxes"), "faxes", "count(*)", _ALL),
    Metric(
        "valid",
        N_("Valid faxes"),
        "faxes",
        "count(*) FILTER (WHERE is_valid)",
        N_("faxes without violation"),
        faxes=_VALID,
    ),
    Metric(
        "invalid",
        N_("Invalid faxes"),
        "faxes",
        "count(*) FILTER (WHERE NOT is_valid)",
        N_("faxes with at least one violation; each counted once"),
        good="down",
        faxes=_INVALID,
    ),
    Metric(
        "compliance_rate",
        N_("Compliance"),
        "rate",
        "count(*) FILTER (WHERE is_valid) / nullif(count(*), 0)::DOUBLE",
        N_("valid faxes / all faxes of the selection; none where they are selected by verdict or rule"),
        no_data=None,
        is_additive=False,
        good="up",
        faxes=_INVALID,
    ),
    Metric(
        "violations",
        N_("Violations"),
        "violations",
        "coalesce(sum(CASE WHEN violations = '' THEN 0"
        " ELSE 1 + strlen(violations) - strlen(replace(violations, '|', '')) END), 0)",
        N_("violated rules over all faxes; a fax may count several times"),
        faxes=_INVALID,
    ),
    Metric(
        "sent",
        N_("Sent"),
        "faxes",
        "count(*) FILTER (WHERE mode = 'SF')",
        N_("all faxes of mode SF, valid or not"),
        faxes=_SENT,
    ),
    Metric(
        "received",
        N_("Received"),
        "faxes",
        "count(*) FILTER (WHERE mode = 'RF')",
        N_("all faxes of mode RF, valid or not"),
        faxes=_RECEIVED,
    ),
    Metric(
        "unknown_mode",
        N_("Unknown mode"),
        "faxes",
        "count(*) FILTER (WHERE mode NOT IN ('SF', 'RF'))",
        N_("all faxes of a mode that is neither SF nor RF"),
        faxes={"mode": "OTHER"},
    ),
    Metric("pages", N_("Pages"), "pages", _sum("pages"), N_("real pages of all faxes, valid or not")),
    Metric(
        "pages_sent",
        N_("Pages sent"),
        "pages",
        "coalesce(sum(pages) FILTER (WHERE mode = 'SF'), 0)",
        N_("real pages of all faxes of mode SF, valid or not"),
        faxes=_SENT,
    ),
    Metric(
        "pages_received",
        N_("Pages received"),
        "pages",
        "coalesce(sum(pages) FILTER (WHERE mode = 'RF'), 0)",
        N_("real pages of all faxes of mode RF, valid or not"),
        faxes=_RECEIVED,
    ),
    Metric(
        "average_pages",
        N_("Pages per fax"),
        "pages",
        "sum(pages) / nullif(count(*) FILTER (WHERE pages > 0), 0)::DOUBLE",
        N_("real pages / faxes that have at least one page"),
        no_data=None,
        decimals=2,
        is_additive=False,
    ),
    Metric(
        "billed_pages",
        N_("Billed pages"),
        "pages",
        _sum("billed_pages"),
        N_("billed pages as exported, all faxes, valid or not"),
        decimals=2,
    ),
    Metric(
        "duration_s",
        N_("Duration"),
        "seconds",
        _sum("duration_s"),
        N_("all faxes with a duration, valid or not"),
    ),
    Metric(
        "users",
        N_("Users"),
        "users",
        users_sql(),
        N_("different user names of all faxes, blank ones excluded; spaces do not make a name different"),
        is_additive=False,
    ),
    Metric(
        "internal",
        N_("Internal calls"),
        "faxes",
        "count(*) FILTER (WHERE is_internal)",
        N_("all faxes flagged as internal, valid or not"),
    ),
    Metric(
        "international",
        N_("International calls"),
        "faxes",
        "count(*) FILTER (WHERE is_international)",
        N_("all faxes flagged as international, valid or not"),
    ),
)

TARGET_RATE = 0.95
"""The `compliance_rate` from which a period counts as good: the shaded band over time, and the periods that
miss it. FaxCloud's own choice, not a regulation's.
"""

BY_KEY: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in METRICS})


def compliance_rate(valid: int, faxes: int) -> float | None:
    """Compliance rate from its two counts.

    >>> compliance_rate(3, 4), compliance_rate(0, 0)
    (0.75, None)
    """
    return valid / faxes if faxes else None
