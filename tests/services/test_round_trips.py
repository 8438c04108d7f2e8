"""Round trips: FaxCloud can import what it exports, in every format that people edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters, Paging
from faxcloud.wiring import Services, build

HOSTILE = '''Fax ID;Utilisateur;Mode;Numéro appelé;Pages;Date heure;Durée;Pages facturées;Interne
1;=cmd|' /C calc'!A0;SF;+33 1 45 22 11 34;1;31/10/2026 18:34;61;1.00;0
2;@formule;rf;-33145221134;abc;2026-10-30;;2.50;1
3;"dit ""oui"";";XX;3,90957E+11;3.0;hier;-12;abc;
4;Œuvrard – secrétariat;;;;;;;
6;"=""Zoe""";RF;"=""+33145221134""";1;02/11/2026;0;1.00;0
5;\u0645\u0631\u062d\u0628\u0627;SF;0612345678;0;01/11/2026;0;1.00;0
'''

PUBLISHED = (
    "fax_id",
    "mode",
    "numero_original",
    "numero_normalise",
    "pages",
    "valide",
    "erreurs",
    "date_heure",
)
OTHERS = (
    "utilisateur",
    "duree_s",
    "pages_facturees",
    "interne",
    "avertissements",
    "pages_brutes",
    "mode_brut",
    "duree_brute",
    "pages_facturees_brutes",
)


def opened(home: Path) -> Services:
    return build(Settings(home=home))


def rows_of(services: Services) -> list[dict[str, object]]:
    results = services.search.page(Filters(), Paging(sort="fax_id")).results
    return [{name: row[name] for name in PUBLISHED + OTHERS} for row in results]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("safe.csv", {}),
        ("raw.csv", {"raw": True}),
        ("excel.csv", {"separator": ";", "bom": True, "decimal_comma": True}),
        ("table.xlsx", {}),
    ],
)
def test_an_export_that_is_imported_again_says_the_same_of_every_fax(
    tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    source = tmp_path / "hostile.csv"
    source.write_text(HOSTILE, "utf-8")
    first, second = opened(tmp_path / "first"), opened(tmp_path / "second")
    try:
        first.imports.import_file(source)
        exported = tmp_path / name
        first.exports.write(Filters(), exported.suffix[1:], exported, **options)  # type: ignore[arg-type]
        result = second.imports.import_file(exported)
        assert (result.imported, result.rejected, result.blank) == (6, 0, 0)
        assert rows_of(second) == rows_of(first)
    finally:
        first.close()
        second.close()
