"""Compliance target: the rate from which a period is good, and the threshold below which it is bad."""

from __future__ import annotations

from dataclasses import dataclass

from faxcloud.domain.metrics import TARGET_RATE
from faxcloud.errors import SettingInvalid
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import get_setting, put_setting

THRESHOLD_RATE = 0.90
"""Where none was chosen. FaxCloud's own choice, like the target."""

TARGET_SETTING, THRESHOLD_SETTING = "target_rate", "threshold_rate"


@dataclass(frozen=True, slots=True)
class Rates:
    """Compliance rates, 0 to 1.

    Attributes:
        target: Rate from which a period is good.
        threshold: Rate below which a period is bad; the target or less.
    """

    target: float
    threshold: float


DEFAULT_RATES = Rates(TARGET_RATE, THRESHOLD_RATE)


class ComplianceTargets:
    """Service for the compliance target: every reader of charts reads it, administrators change it."""

    def __init__(self, catalogue: Catalogue, journal: Journal) -> None:
        self._catalogue = catalogue
        self._journal = journal

    def target_rate(self) -> float:
        """Target alone."""
        return self.rates().target

    def rates(self) -> Rates:
        """Target and threshold as chosen, or FaxCloud's defaults."""
        with self._catalogue.read() as conn:
            target, threshold = get_setting(conn, TARGET_SETTING), get_setting(conn, THRESHOLD_SETTING)
        if isinstance(target, float | int) and isinstance(threshold, float | int):
            return Rates(float(target), float(threshold))
        return DEFAULT_RATES

    def change(self, target: float, threshold: float) -> Rates:
        """Set both; nothing is written where nothing differs.

        Raises:
            SettingInvalid: the target is not above 0 and at most 1, or the threshold not from 0 to it.
            NotAllowed: the actor may not.
        """
        current_actor().require("settings.change")
        if not 0 < target <= 1:
            raise SettingInvalid(setting=TARGET_SETTING, value=str(target), expected=N_("above 0, at most 1"))
        if not 0 <= threshold <= target:
            expected = f"0 – {target}"
            raise SettingInvalid(setting=THRESHOLD_SETTING, value=str(threshold), expected=expected)
        before = self.rates()
        with self._catalogue.write() as conn:
            put_setting(conn, TARGET_SETTING, target)
            put_setting(conn, THRESHOLD_SETTING, threshold)
            for name, old, new in (
                (TARGET_SETTING, before.target, target),
                (THRESHOLD_SETTING, before.threshold, threshold),
            ):
                if old != new:
                    details = {"from": old, "to": new}
                    self._journal.record(conn, Note("setting.change", f"setting:{name}", details=details))
        return Rates(target, threshold)
