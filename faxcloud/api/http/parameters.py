"""Query parameters of the API: pydantic models made from the tables of filters and paging.

FastAPI validates and documents them. A parameter that an endpoint does not know is refused, and so is one
without a value or given twice: `?report=` from a script whose variable is empty would otherwise select every
report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    create_model,
    model_validator,
)
from starlette.requests import Request

from faxcloud.domain import filter_values, filters
from faxcloud.domain.filter_values import LONGEST_TEXT, ValueKind
from faxcloud.domain.filters import PERSONAL, Paging
from faxcloud.errors import FilterInvalid

Params = Mapping[str, Any]
"""Values of the parameters that were given or have a default, by name."""

ID_PATTERN: str = filter_values.identifier("an id").schema["pattern"]
SWITCH = ValueKind(
    {"0": False, "1": True, "false": False, "true": True}.get,
    "one of 0, 1, false, true",
    {"type": "string", "enum": ["0", "1", "false", "true"]},
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter: type, sentence for the documentation, value where it is not given."""

    kind: ValueKind
    help: str
    default: Any = None
    is_required: bool = False


Table = Mapping[str, Parameter]
"""Query parameters by name."""

FILTERS: Table = {entry.name: Parameter(entry.kind, entry.help) for entry in filters.FILTERS}
"""Filters of all faces, from the one table of filters."""

WITHIN_REPORT: Table = {name: FILTERS[name] for name in FILTERS if name != "report"}
"""Parameters of paths that contain the report."""

PAGING: Table = {
    name: Parameter(kind, help_text, getattr(Paging(), name))
    for name, (kind, help_text) in filters.PAGING.items()
}
PAGES: Table = {name: PAGING[name] for name in ("page", "per_page")}
"""Paging parameters of lists with a fixed order."""


class QueryModel(BaseModel):
    """Parameters of one query string; the first one that cannot be used is refused by name."""

    model_config = ConfigDict(extra="forbid")

    known: ClassVar[Table]

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_by_name(cls, given: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(given)
        except ValidationError as invalid:
            name = str(invalid.errors()[0]["loc"][0])
            parameter = cls.known.get(name)
            if parameter is None:
                names = f"one of the parameters {', '.join(cls.known)}" if cls.known else "no parameter"
                raise FilterInvalid(name=name[:64], value="…", expected=names) from None
            shown = "…" if name in PERSONAL else str(given.get(name, ""))[:LONGEST_TEXT]
            raise FilterInvalid(name=name, value=shown, expected=parameter.kind.expected) from None


def query(*tables: Table) -> Any:
    """Dependency of an endpoint: its query parameters, as `Params`.

    Raises:
        FilterInvalid: one that is unknown, missing, blank, repeated or not of its type.
    """
    known = {name: parameter for table in tables for name, parameter in table.items()}
    fields: dict[str, Any] = {name: _field(parameter) for name, parameter in known.items()}
    model = create_model("Query", __base__=QueryModel, **fields)
    model.known = known

    async def params(request: Request, given: BaseModel) -> Params:
        for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
            if times > 1:
                raise FilterInvalid(name=name, value="…", expected="the parameter once")
        return given.model_dump(exclude_none=True)

    params.__annotations__ = {"request": Request, "given": Annotated[model, Query()]}
    return Depends(params)


NoParams = Annotated[Params, query()]
"""Of an endpoint without query parameters. Parameters follow the permission: 401 and 403 come before 422."""


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """Type and field of a parameter, as `create_model` takes them."""

    def parse(value: str) -> Any:
        parsed = parameter.kind.parse(value) if value else None
        if parsed is None:
            raise ValueError(parameter.kind.expected)
        return parsed

    kind = Annotated[Any, BeforeValidator(parse), WithJsonSchema(dict(parameter.kind.schema))]
    if parameter.is_required:
        return kind, Field(description=parameter.help)
    if parameter.default is None:  # a factory, or the schema says that the default is null
        return kind, Field(default_factory=lambda: None, description=parameter.help)
    return kind, Field(default=parameter.default, description=parameter.help)
