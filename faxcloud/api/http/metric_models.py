"""Pydantic models of the published metrics, generated from the table of metrics."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from faxcloud.domain.metrics import METRICS, Metric


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


def _field(metric: Metric) -> Any:
    kind: Any = float if metric.unit == "rate" or metric.decimals else int
    return (kind if metric.no_data is not None else kind | None), Field(description=metric.basis)


def _optional(metric: Metric) -> Any:
    kind, field = _field(metric)
    return kind, Field(None, description=field.description, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


Numbers: Any = create_model("Numbers", __base__=_Open, **{metric.key: _field(metric) for metric in METRICS})
"""Every published number of a selection."""

GroupNumbers: Any = create_model(
    "GroupNumbers", __base__=_Open, **{metric.key: _optional(metric) for metric in METRICS}
)
"""Metrics of one group or step: of rules `violations` alone, and no `users` where they are unknown."""
