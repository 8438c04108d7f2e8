"""Alert rules: the watched metric, its threshold and the channels to notify.

domain/alert_verdicts.py evaluates measured values against a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast

from faxcloud.domain.filter_values import CONTROL, LONGEST_TEXT
from faxcloud.domain.metrics import BY_KEY, METRICS, Unit
from faxcloud.errors import AlertRuleInvalid
from faxcloud.i18n import N_

Comparison = Literal["below", "above", "change_down", "change_up"]
ScopeKind = Literal["all", "user", "report", "contract"]
Window = Literal["days", "report"]
RuleUnit = Unit | Literal["days", "percent"]

DAYS_SINCE_IMPORT = "days_since_import"
"""What is watched beside the published numbers: whole days since the newest import, in the service's zone."""

WATCHABLE: tuple[str, ...] = (*(metric.key for metric in METRICS), DAYS_SINCE_IMPORT)
COMPARISONS: tuple[Comparison, ...] = ("below", "above", "change_down", "change_up")
CHANGES: frozenset[Comparison] = frozenset(("change_down", "change_up"))
SCOPES: tuple[ScopeKind, ...] = ("all", "user", "report", "contract")
WINDOWS: tuple[Window, ...] = ("days", "report")

WEEKS = 4
"""The weeks before that a change is measured against: the mean of the same weekdays in them."""

LONGEST_NAME = 100
LONGEST_WINDOW_DAYS = 366
LONGEST_CHANGE_DAYS = 7
"""A longer window would overlap the weeks that it is compared with."""
LONGEST_COOL_DOWN = 7 * 24 * 60
LARGEST_NUMBER = 1e12
MOST_CHANNELS = 20


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Alert rule; `from_dict` validates one.

    Attributes:
        metric: One of `WATCHABLE`.
        comparison: `below` and `above` compare the value, `change_down` and `change_up` its change against
            the mean of the same weekdays of the four weeks before. None holds at the threshold itself.
        threshold: In the metric's unit (a rate is 0 to 1); of a change in percent.
        scope_value: The user's whole name, the report's id or the contract; empty for `all`.
        window: The last `window_days` days, the newest day with data being the last of them; or the newest
            report.
        minimum_faxes: With fewer faxes in the window no alert opens.
        hysteresis: How far behind the threshold the value must be before an alert is resolved; same unit.
        cool_down_minutes: Minutes after an alert was resolved in which the rule opens no new one.
        channels: Names of the channels to notify.
    """

    name: str
    metric: str
    comparison: Comparison
    threshold: float
    scope: ScopeKind = "all"
    scope_value: str = ""
    window: Window = "days"
    window_days: int = 1
    minimum_faxes: int = 1
    hysteresis: float = 0.0
    cool_down_minutes: int = 60
    channels: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AlertRule:
        """Read a rule from JSON data; missing fields take their defaults.

        Raises:
            AlertRuleInvalid: names the field, its value and what may stand there.
        """
        for unknown in values.keys() - NAMES:
            raise _invalid(unknown, "…", N_("there is no such field"))
        for needed in ("name", "metric", "comparison", "threshold"):
            if needed not in values:
                raise _invalid(needed, "", N_("it is required"))
        rule = cls(
            name=_text(values, "name", LONGEST_NAME),
            metric=_choice(values, "metric", WATCHABLE),
            comparison=cast("Comparison", _choice(values, "comparison", COMPARISONS)),
            threshold=_number(values, "threshold"),
            scope=cast("ScopeKind", _choice(values, "scope", SCOPES)),
            scope_value=_text(values, "scope_value", LONGEST_TEXT, may_be_empty=True),
            window=cast("Window", _choice(values, "window", WINDOWS)),
            window_days=_whole(values, "window_days", 1, LONGEST_WINDOW_DAYS),
            minimum_faxes=_whole(values, "minimum_faxes", 0, 10**9),
            hysteresis=_number(values, "hysteresis"),
            cool_down_minutes=_whole(values, "cool_down_minutes", 0, LONGEST_COOL_DOWN),
            channels=_names(values.get("channels", ())),
        )
        _check_together(rule)
        return rule

    def to_dict(self) -> dict[str, Any]:
        """JSON data of the rule, as `from_dict` reads it."""
        return asdict(self) | {"channels": list(self.channels)}

    @property
    def is_change(self) -> bool:
        return self.comparison in CHANGES

    @property
    def needs_whole_days(self) -> bool:
        """Whether the rule needs complete days: a count that is still growing would seem to break it."""
        falls = self.comparison == "change_down"
        return falls or (self.comparison == "below" and self.unit not in ("rate", "days"))

    @property
    def unit(self) -> RuleUnit:
        """Unit of threshold and hysteresis."""
        return unit_of(self.metric, self.comparison)


def unit_of(metric: str, comparison: Comparison = "above") -> RuleUnit:
    """Unit that a metric is compared in: percent for its changes."""
    if comparison in CHANGES:
        return "percent"
    return "days" if metric == DAYS_SINCE_IMPORT else BY_KEY[metric].unit


NAMES = frozenset(field.name for field in fields(AlertRule))
_DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(AlertRule)}


def _check_together(rule: AlertRule) -> None:
    if rule.scope != "all" and not rule.scope_value:
        raise _invalid("scope_value", "", N_("it is required"))
    if rule.scope == "all" and rule.scope_value:
        raise _invalid("scope_value", "…", N_("with the scope “all” it stays empty"))
    if rule.is_change and rule.window != "days":
        raise _invalid("window", rule.window, N_("a change is measured over several days"))
    if rule.is_change and rule.window_days > LONGEST_CHANGE_DAYS:
        raise _invalid("window_days", rule.window_days, N_("a change is measured over 1 to 7 days"))
    if rule.metric == DAYS_SINCE_IMPORT and (rule.is_change or rule.scope not in ("all", "contract")):
        expected = N_("days since the last import are compared with a number, for all or for one contract")
        raise _invalid("metric", rule.metric, expected)
    if rule.threshold < 0 or rule.hysteresis < 0:
        name = "threshold" if rule.threshold < 0 else "hysteresis"
        raise _invalid(name, getattr(rule, name), N_("a number from 0"))
    if rule.unit == "rate" and max(rule.threshold, rule.hysteresis) > 1:
        name = "threshold" if rule.threshold > 1 else "hysteresis"
        raise _invalid(name, getattr(rule, name), N_("a rate from 0 to 1, such as 0.95"))


def _invalid(field: str, value: object, expected: str) -> AlertRuleInvalid:
    return AlertRuleInvalid(field=field[:LONGEST_NAME], value=str(value)[:LONGEST_NAME], reason=expected)


def _given(values: Mapping[str, Any], name: str) -> Any:
    return values.get(name, _DEFAULTS[name])


def _text(values: Mapping[str, Any], name: str, longest: int, *, may_be_empty: bool = False) -> str:
    value = _given(values, name)
    text = value.strip() if isinstance(value, str) and name == "name" else value
    if not isinstance(text, str) or len(text) > longest or CONTROL.search(text):
        raise _invalid(name, "…", N_("a text on one line, not too long"))
    if not text and not may_be_empty:
        raise _invalid(name, "", N_("it is required"))
    return text


def _choice(values: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    value = _given(values, name)
    if not isinstance(value, str) or value not in choices:
        raise AlertRuleInvalid(field=name, value=str(value)[:LONGEST_NAME], reason=", ".join(choices))
    return value


def _number(values: Mapping[str, Any], name: str) -> float:
    value = _given(values, name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= LARGEST_NUMBER:  # NaN is not, either
        raise _invalid(name, value, N_("a number"))
    return float(value)


def _whole(values: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = _given(values, name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise AlertRuleInvalid(field=name, value=str(value)[:LONGEST_NAME], reason=f"{least} – {most}")
    return value


def _names(value: Any) -> tuple[str, ...]:
    listed = list(value) if isinstance(value, list | tuple) else None
    if listed is None or len(listed) > MOST_CHANNELS:
        raise _invalid("channels", "…", N_("a list of names of channels"))
    for name in listed:
        if not isinstance(name, str) or not name or len(name) > LONGEST_NAME or CONTROL.search(name):
            raise _invalid("channels", "…", N_("a list of names of channels"))
    return tuple(dict.fromkeys(listed))
