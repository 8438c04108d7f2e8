"""Columns of search results and exports, by their published names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "whole", "amount", "flag", "instant"]


@dataclass(frozen=True, slots=True)
class EntryColumn:
    """One published column.

    Attributes:
        name: As published.
        column: Name in the `faxes` table.
        kind: `amount` has two decimals, `flag` is written 0 or 1, `instant` is local time of the service.
    """

    name: str
    column: str
    kind: Kind = "text"


ENTRY: tuple[EntryColumn, ...] = (
    EntryColumn("fax_id", "fax_id"),
    EntryColumn("mode", "mode"),
    EntryColumn("numero_original", "called_text"),
    EntryColumn("numero_normalise", "number"),
    EntryColumn("pages", "pages", "whole"),
    EntryColumn("valide", "is_valid", "flag"),
    EntryColumn("erreurs", "violations"),
    EntryColumn("date_heure", "sent_at", "instant"),
    EntryColumn("utilisateur", "user_name"),
    EntryColumn("email", "user_email"),
    EntryColumn("revendeur", "reseller"),
    EntryColumn("numero_envoi", "sender_number"),
    EntryColumn("international", "is_international", "flag"),
    EntryColumn("interne", "is_internal", "flag"),
    EntryColumn("duree_s", "duration_s", "whole"),
    EntryColumn("pages_facturees", "billed_pages", "amount"),
    EntryColumn("type_facturation", "billing_type"),
    EntryColumn("type_numero", "number_type"),
    EntryColumn("pays", "country"),
    EntryColumn("avertissements", "warnings"),
    EntryColumn("jeu_de_regles", "ruleset"),
    EntryColumn("report_id", "report_id"),
    EntryColumn("line", "line", "whole"),
    EntryColumn("mode_brut", "raw_mode"),
    EntryColumn("date_brute", "raw_sent_at"),
    EntryColumn("pages_brutes", "raw_pages"),
    EntryColumn("duree_brute", "raw_duration_s"),
    EntryColumn("pages_facturees_brutes", "raw_billed_pages"),
    EntryColumn("utilisateur_normalise", "user_key"),
)
"""The contract's eight first, in its order; every column of `faxes` is there once."""

ENTRY_NAMES: tuple[str, ...] = tuple(column.name for column in ENTRY)

PUBLISHED_AS: Mapping[str, str] = MappingProxyType({column.column: column.name for column in ENTRY})

FORMULA_STARTS = "=+-@\t\r"
"""A spreadsheet evaluates a cell of a CSV file that begins with one of these."""

TEXT_CELL_STARTS = tuple('="' + start for start in FORMULA_STARTS)
"""What `text_cell` writes begins with one of these, unless it is the text itself."""

LONGEST_LITERAL = 127
"""Excel takes at most 255 UTF-16 units between quotes in a formula; a character is one or two."""


def text_cell(value: str) -> str:
    """Escape a text for a spreadsheet so that it is shown and not evaluated; `plain_text` reverses it.

    A text that begins like a formula becomes the formula that is that text and nothing else, `="+33…"`:
    Excel shows and keeps `+33…`. An apostrophe or a blank in front would become part of the number.

    >>> text_cell("+33 1 45 22 11 34"), text_cell("33145221134")
    ('="+33 1 45 22 11 34"', '33145221134')
    """
    if not value.startswith(tuple(FORMULA_STARTS)):
        return value
    pieces = (value[at : at + LONGEST_LITERAL] for at in range(0, len(value), LONGEST_LITERAL))
    return "=" + "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def plain_text(cell: str) -> str:
    """Reverse `text_cell`; any other text stays as it is.

    >>> plain_text('="+33 1 45 22 11 34"'), plain_text("=1+1"), plain_text('="Zoe"')
    ('+33 1 45 22 11 34', '=1+1', '="Zoe"')
    """
    if not (cell.startswith(TEXT_CELL_STARTS) and cell.endswith('"')):
        return cell
    text, at = [], 1
    while True:  # a sequence of "…" with "" for a quote, joined by &
        end = cell.find('"', at + 1)
        while end != -1 and cell[end + 1 : end + 2] == '"':
            end = cell.find('"', end + 2)
        if end == -1:
            return cell
        text.append(cell[at + 1 : end].replace('""', '"'))
        if end == len(cell) - 1:
            return "".join(text)
        if cell[end + 1 : end + 3] != '&"':
            return cell
        at = end + 2
