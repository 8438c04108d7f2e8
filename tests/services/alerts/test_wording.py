"""Alert texts: a rounded number never reads as if it were within the limit."""

from typing import Any

import pytest

from faxcloud.domain.alerts import AlertRule
from faxcloud.i18n import translator
from faxcloud.services.alerts.wording import sentence

EVIDENCE: dict[str, Any] = {"baseline": None, "change_percent": None, "weeks": 0, "filters": {}, "faxes": 1}


@pytest.mark.parametrize(
    ("value", "said"), [(0.9, "90%"), (0.9496, "94.96%"), (0.949996, "94.9996%"), (0.95, "95%"), (None, "–")]
)
def test_what_is_below_the_limit_is_not_written_like_it(value: float | None, said: str) -> None:
    rule = AlertRule("A", "compliance_rate", "below", 0.95)
    told = sentence(translator("en"), rule, EVIDENCE | {"value": value})
    assert told == f"Compliance: {said}, below the limit of 95%."
