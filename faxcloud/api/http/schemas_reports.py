"""Response schemas of reports and re-validations, for the OpenAPI document."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from faxcloud.api.http.schemas import Counts, Page, Shape

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Containing(Shape):
    """A report that has records of an imported file."""

    report_id: str | None = Field(description="Null: all reports that the key does not include.")
    file: str | None = Field(description="Null also when the report was deleted since.")
    records: int


class Import(Shape):
    """Result of an import, the same as from `faxcloud import --json`."""

    report_id: str
    file: str
    records: int = Field(description="Those of the file: imported + rejected + blank + duplicate.")
    imported: int
    rejected: int
    blank: int
    duplicate: int = Field(description="Records left out, since they are stored already.")
    duplicates_of: list[Containing] = Field(description="The reports that have these records, most first.")
    sent: int
    received: int
    unknown_mode: int
    pages: int
    pages_sent: int
    pages_received: int
    valid: int
    invalid: int
    compliance_rate: float | None
    violations: Counts
    warnings: Counts
    encoding: str
    delimiter: str
    ruleset: str
    seconds: float
    unknown_columns: list[str]
    replaced_values: int
    reading: dict[str, Any] = Field(
        description="How the file was read: source, header line, sheets, columns."
    )
    notices: list[dict[str, Any]] = Field(description="What its user should know: code, message, count.")


class RefusedMember(Shape):
    """A file of a .zip that was refused, as a problem document."""

    file: str = Field(description="`archive.zip/member.csv`.")
    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None
    report_id: str | None = Field(default=None, description="Of the report that has the same content.")


class Imports(Shape):
    """A .zip with several files: what became of each, in the order of the archive."""

    reports: list[Import | RefusedMember]


class Report(Shape):
    """A report. Counts are those at the time of the import; null until the file has been read."""

    report_id: str
    file: str
    state: Literal["importing", "committing", "ready", "failed", "deleting"]
    imported_at: dt.datetime
    finished_at: dt.datetime | None
    imported_by: str
    is_sample: bool
    contract: str | None
    start: dt.date | None
    end: dt.date | None
    bytes: int
    sha256: str | None
    error_code: str | None
    error_message: str | None
    records: int | None
    imported: int | None
    rejected: int | None
    blank: int | None
    duplicate: int | None
    deduplicated: int = Field(description="Imported faxes removed later, as duplicates of older imports.")
    valid: int | None
    invalid: int | None
    compliance_rate: float | None
    violations: Counts | None
    warnings: Counts | None


class ReportPage(Page):
    """A page of reports, newest first."""

    results: list[Report]


def _written_day(value: object) -> object:
    """Only texts are accepted as days; pydantic alone would take 0 for the first day of 1970."""
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("a day as YYYY-MM-DD is expected")
    return value


Day = Annotated[dt.date | None, BeforeValidator(_written_day)]


class ReportEdit(BaseModel):
    """Fields to change. Omitted fields stay unchanged; null removes a value."""

    model_config = ConfigDict(extra="forbid")

    contract: str | None = Field(None, max_length=200, description="The contract it belongs to.")
    start: Day = Field(None, description="First day of its period.")
    end: Day = Field(None, description="Last day of its period, included; not before `start`.")


class RunResult(Shape):
    """Result of a re-validation, the same as from `faxcloud validate all --json`; counts are faxes."""

    run_id: str
    ruleset: str
    scanned: int
    changed: int = Field(description="Faxes whose validity or violated error rules changed.")
    warnings_changed: int = Field(description="Faxes of which only the warnings changed.")
    newly_invalid: int
    newly_valid: int
    compliance_before: float | None = Field(description="Valid faxes by `scanned`; null where that is 0.")
    compliance_after: float | None
    files_rewritten: int
    violations: Counts
    violations_before: Counts
    seconds: float
    dry_run: bool


class Run(Shape):
    """A re-validation, running or finished."""

    run_id: str
    state: Literal["running", "done", "failed", "interrupted"]
    ruleset: str
    report_id: str | None
    dry_run: bool
    started_at: dt.datetime
    finished_at: dt.datetime | None
    scanned: int
    changed: int
    newly_invalid: int
    newly_valid: int
    violations_before: Counts | None
    violations_after: Counts | None
    seconds: float | None
    error: str | None


class RunPage(Page):
    """A page of re-validations, newest first."""

    results: list[Run]
