"""Text search dictionary: it follows the lake and never hides a fax."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.store.lake.table import Lake
from faxcloud.store.queries.engine import open_engine
from faxcloud.store.queries.text_search_dictionary import KNOWN, TextDictionary
from faxcloud.wiring import Services, build

HEADER = "Fax ID;Utilisateur;Mode;Numéro appelé;Numéro d'envoi;Nombre de pages\n"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = build(Settings(home=tmp_path / "store"))
    yield opened
    opened.close()


def take(services: Services, folder: Path, *rows: str) -> str:
    path = folder / f"{abs(hash(rows))}.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), "utf-8")
    return services.imports.import_file(path).report_id


def found(services: Services, text: str) -> list[str]:
    return sorted(row["fax_id"] for row in services.search.page(Filters(q=text)).results)


def test_a_search_sees_what_was_imported_after_the_search_before(services: Services, tmp_path: Path) -> None:
    take(services, tmp_path, "1;Cardiologie;SF;33145221134;;1")
    assert found(services, "cardio") == ["1"]
    take(services, tmp_path, "2;Cardio B;SF;33145221134;;1", "a-77;x;RF;Fax: 0145221134;poste 12;1")
    assert found(services, "cardio") == ["1", "2"]
    assert found(services, "fax:") == found(services, "poste") == found(services, "A-7") == ["a-77"]


def test_what_was_deleted_is_not_found_and_what_came_instead_is(services: Services, tmp_path: Path) -> None:
    first = take(services, tmp_path, "1;Urgences;SF;33145221134;;1")
    take(services, tmp_path, "2;Bloc;SF;33145221134;;1")
    assert found(services, "urg") == ["1"]
    services.reports.delete(first)
    assert found(services, "urg") == []
    take(services, tmp_path, "3;Chirurgie;SF;33145221134;;1")
    assert found(services, "urg") == ["3"]


def test_of_the_numbers_only_what_is_not_digits_alone_is_kept(services: Services, tmp_path: Path) -> None:
    take(services, tmp_path, "12;u;SF;33145221134;33199001122;1", "13;u;SF;01 45 22 11 34;+33199001122;1")
    lake = Lake(tmp_path / "store" / "lake")
    engine = open_engine(lake.folder)
    try:
        known = TextDictionary(engine)
        texts = {column: known.texts(lake.snapshot(), column).column("text").to_pylist() for column in KNOWN}
    finally:
        engine.close()
    assert texts["called_text"] == ["01 45 22 11 34"]
    assert texts["sender_number"] == ["+33199001122"]
    assert texts["user_name"] == ["u"]
    assert texts["fax_id"] == []
