"""Alert evaluation: what a measured value means for an alert rule. No I/O, no clock.

Values are compared as the decimals that people wrote: 95 of 100 is not below 0.95, and no rounding of binary
fractions decides otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from faxcloud.domain.alerts import DAYS_SINCE_IMPORT, AlertRule, Comparison

Reason = Literal["breached", "fine", "between", "no_data", "too_few", "cooling", "told"]
Action = Literal["open", "resolve"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Values measured over a rule's window.

    Attributes:
        value: Value of the metric; None without data.
        faxes: Rows of the window.
        before: Values of the same weekdays in the weeks before, those without any fax left out; only for a
            change.
    """

    value: float | None
    faxes: int
    before: tuple[float, ...] = ()

    @property
    def baseline(self) -> float | None:
        """Baseline of a change: the mean of the weeks before; None without an earlier week."""
        return float(_mean(self.before)) if self.before else None

    @property
    def change_percent(self) -> float | None:
        """Change against `baseline` in percent; None where the baseline is None or zero."""
        change = self.exact_change()
        return None if change is None else float(change)

    def exact_change(self) -> Fraction | None:
        """Change against `baseline` in percent, unrounded."""
        if self.value is None or not self.before:
            return None
        baseline = _mean(self.before)
        return (_exact(self.value) - baseline) / abs(baseline) * 100 if baseline else None


@dataclass(frozen=True, slots=True)
class State:
    """State of the rule's last alert.

    Attributes:
        is_open: It is open or acknowledged.
        resolved_minutes_ago: Minutes since it was resolved; None without an alert, or while it is open.
        is_told: It was resolved by hand, and the same values were measured then.
    """

    is_open: bool = False
    resolved_minutes_ago: float | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of an evaluation: the action to take (None: no action) and its reason."""

    action: Action | None
    reason: Reason


def judge(rule: AlertRule, measured: Measured, state: State) -> Verdict:
    """Evaluate a measured value, given the state of the rule's last alert.

    Without data no alert opens and none is resolved, except for rules on the days since the last import,
    which need no data. No faxes at all are a count of 0, which a rule without a minimum evaluates like any
    other value, but they have no rate.
    """
    measured_value = measured.exact_change() if rule.is_change else _exact_or_none(measured.value)
    if measured_value is None:
        return Verdict(None, "no_data")
    if rule.metric != DAYS_SINCE_IMPORT and measured.faxes < rule.minimum_faxes:
        return Verdict(None, "too_few")
    over = _over(rule.comparison)(measured_value, _exact(rule.threshold))
    if state.is_open:
        if over > 0:
            return Verdict(None, "breached")
        back = -over >= _exact(rule.hysteresis)
        return Verdict("resolve", "fine") if back else Verdict(None, "between")
    if over <= 0:
        return Verdict(None, "fine")
    if state.is_told:
        return Verdict(None, "told")
    since = state.resolved_minutes_ago
    if since is not None and since < rule.cool_down_minutes:
        return Verdict(None, "cooling")
    return Verdict("open", "breached")


def _over(comparison: Comparison) -> Callable[[Fraction, Fraction], Fraction]:
    """Distance of a value beyond a threshold; at the threshold itself it is 0, which is not beyond."""
    distances: dict[Comparison, Callable[[Fraction, Fraction], Fraction]] = {
        "below": lambda value, threshold: threshold - value,
        "above": lambda value, threshold: value - threshold,
        "change_down": lambda change, threshold: -change - threshold,
        "change_up": lambda change, threshold: change - threshold,
    }
    return distances[comparison]


def _exact(value: float) -> Fraction:
    return Fraction(str(value))  # through its shortest text: 0.95 is 95/100, not the nearest binary fraction


def _mean(values: Sequence[float]) -> Fraction:
    return sum(map(_exact, values), Fraction()) / len(values)


def _exact_or_none(value: float | None) -> Fraction | None:
    return None if value is None else _exact(value)
