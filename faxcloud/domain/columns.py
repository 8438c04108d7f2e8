"""Columns of the `faxes` table and of the fax service's export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the `faxes` table.

    Attributes:
        name: As stored; also the name of the raw text column during an import, where there is one.
        sql_type: DuckDB's name of the type.
        nullable: False for text: a blank is `''`, never NULL.
        meaning: English, for the documentation.
    """

    name: str
    sql_type: str
    nullable: bool
    meaning: str


FAXES: tuple[Column, ...] = (
    Column("report_id", "VARCHAR", False, "the import it came from"),
    Column("line", "BIGINT", False, "record number in the source file, 1 = first record after the header"),
    Column("fax_id", "VARCHAR", False, "the service's id; not unique"),
    Column("user_name", "VARCHAR", False, "as exported"),
    Column("user_email", "VARCHAR", False, "as exported"),
    Column("reseller", "VARCHAR", False, "as exported"),
    Column("mode", "VARCHAR", False, "SF sent, RF received, otherwise the trimmed upper-case text"),
    Column("sent_at", "TIMESTAMP", True, "local time of the service as exported; null when unreadable"),
    Column("sender_number", "VARCHAR", False, "as exported"),
    Column("called_text", "VARCHAR", False, "the called number as exported"),
    Column("number", "VARCHAR", False, "the called number, normalised"),
    Column("number_type", "VARCHAR", False, "from the numbering plan; '' until known"),
    Column("country", "VARCHAR", False, "from the numbering plan; '' until known"),
    Column("is_international", "BOOLEAN", True, "exported flag; null when absent"),
    Column("is_internal", "BOOLEAN", True, "exported flag; null when absent"),
    Column("pages", "INTEGER", True, "real pages; null when missing or unreadable"),
    Column("duration_s", "INTEGER", True, "seconds; null when blank, unreadable or unlikely"),
    Column("billed_pages", "DECIMAL(12,2)", True, "as exported; null when blank or unreadable"),
    Column("billing_type", "VARCHAR", False, "as exported"),
    Column("raw_mode", "VARCHAR", True, "the source text, null where mode says it or it is blank"),
    Column("raw_sent_at", "VARCHAR", True, "the source text, null where sent_at says it or it is blank"),
    Column("raw_pages", "VARCHAR", True, "the source text, null where pages says it or it is blank"),
    Column("is_valid", "BOOLEAN", False, "no violated rule of severity error"),
    Column("violations", "VARCHAR", False, "ids of the violated error rules, joined by |; '' when valid"),
    Column("warnings", "VARCHAR", False, "ids of the violated warning rules, joined by |"),
    Column("ruleset", "VARCHAR", False, "id@hash of the ruleset that judged the row"),
    Column("raw_duration_s", "VARCHAR", True, "the source text, null where duration_s says it or blank"),
    Column("raw_billed_pages", "VARCHAR", True, "the source text, null where billed_pages says it or blank"),
    Column("user_key", "VARCHAR", True, "the name by which users are grouped, null where it is user_name"),
)
"""A later version adds columns at the end: data files of earlier ones lack them and read as null."""

COLUMN_NAMES: tuple[str, ...] = tuple(column.name for column in FAXES)

VERDICT_COLUMNS = ("is_valid", "violations", "warnings", "ruleset")
"""What judging writes; a rule reads any other column."""

JUDGED_COLUMNS: tuple[str, ...] = tuple(name for name in COLUMN_NAMES if name not in VERDICT_COLUMNS)


Handling = Literal["skip", "keep", "refuse"]
"""Of records that are stored already: leave them out, import them too, or refuse the file."""

HANDLINGS: tuple[str, ...] = get_args(Handling)

COMPARED = (
    "fax_id",
    "user_name",
    "user_email",
    "reseller",
    "mode",
    "sent_at",
    "sender_number",
    "CASE WHEN number = '' THEN called_text ELSE number END",
    "is_international",
    "is_internal",
    "pages",
    "duration_s",
    "billed_pages",
    "billing_type",
    "CASE WHEN sent_at IS NULL THEN raw_sent_at END",
    "CASE WHEN pages IS NULL THEN raw_pages END",
)
"""Two records are equal if all of these are: the typed columns, and the source text of a value that could
not be read.
"""

KEY_SQL = f"hash({', '.join(COMPARED)}) AS hashed, coalesce(sent_at, TIMESTAMP '0001-01-01') AS moment"
"""Key of a record, as the columns `hashed` and `moment`; no date is 1 January of the year 1, since NULL
equals nothing. Different records have the same key only if they are of the same minute and 64 bits agree.
"""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column of the service's export.

    Attributes:
        name: The raw text column it becomes.
        header: The service's own French name; `domain/sources/` has the others.
    """

    name: str
    header: str


EXPORT: tuple[ExportColumn, ...] = (
    ExportColumn("fax_id", "Fax ID"),
    ExportColumn("user_name", "Nom et prénom utilisateur"),
    ExportColumn("reseller", "Revendeur"),
    ExportColumn("mode", "Mode"),
    ExportColumn("user_email", "Adresse de messagerie"),
    ExportColumn("sent_at", "Date et heure du fax"),
    ExportColumn("sender_number", "Numéro d'envoi"),
    ExportColumn("called_text", "Numéro appelé"),
    ExportColumn("is_international", "Appel international"),
    ExportColumn("is_internal", "Appel interne"),
    ExportColumn("pages", "Nombre de page réel"),
    ExportColumn("duration_s", "Durée"),
    ExportColumn("billed_pages", "Pages facturées"),
    ExportColumn("billing_type", "Type facturation"),
)

RAW: tuple[ExportColumn, ...] = (
    ExportColumn("raw_mode", "mode_brut"),
    ExportColumn("raw_sent_at", "date_brute"),
    ExportColumn("raw_pages", "pages_brutes"),
    ExportColumn("raw_duration_s", "duree_brute"),
    ExportColumn("raw_billed_pages", "pages_facturees_brutes"),
)
"""Columns of FaxCloud's own exports alone: the source text where the parsed column does not say the same."""

EXPORT_HEADER: tuple[str, ...] = tuple(column.header for column in EXPORT)
SOURCE_NAMES: tuple[str, ...] = tuple(column.name for column in EXPORT)
RAW_NAMES: tuple[str, ...] = tuple(column.name for column in RAW)
EXPORT_HEADERS: Mapping[str, str] = MappingProxyType({column.name: column.header for column in EXPORT})
