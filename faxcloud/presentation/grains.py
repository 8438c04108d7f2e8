"""Granularity of time charts: names, and the one that suits the length of a period."""

from __future__ import annotations

from collections.abc import Mapping

from faxcloud.domain.calendar import Grain
from faxcloud.i18n import N_

GRAIN_NAMES: Mapping[Grain, str] = {
    "hour": N_("Hour"), "day": N_("Day"), "week": N_("Week"), "month": N_("Month"),
}  # fmt: skip
LONGEST_DAYS: Mapping[Grain, int] = {"hour": 3, "day": 120, "week": 800}
"""Above these the next coarser one is chosen."""


def natural_grain(days: int) -> Grain:
    """Granularity that gives a readable number of periods."""
    return next((grain for grain, most in LONGEST_DAYS.items() if days <= most), "month")
