"""Text search index: whole ids and numbers are found in memory exactly as in the lake."""

from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters, Paging
from faxcloud.services.sample.export import write_sample
from faxcloud.store.cache.cache import Cache
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.wiring import Services, build


@pytest.fixture
def services(tmp_path: Path):
    built = build(Settings(home=tmp_path / "store"))
    yield built
    built.close()


def load(services: Services, tmp_path: Path, seed: int) -> str:
    path = tmp_path / f"{seed}.csv"
    write_sample(path, 3_000, seed=seed)
    return services.imports.import_file(path).report_id


def fresh(services: Services) -> FaxReader:
    """A reader that has been asked nothing: its first answer comes from the lake, later ones from memory."""
    known = services.search._faxes
    return FaxReader(known._lake, known._engine, Cache())


def found(reader: FaxReader, text: str) -> list[tuple[str, int]]:
    total, rows = reader.page(reader.select(Filters(q=text)), Paging(per_page=1_000))
    assert total == len(rows)
    return [(row["report_id"], row["line"]) for row in rows]


def test_memory_and_lake_find_the_same_faxes(services: Services, tmp_path: Path):
    load(services, tmp_path, 1)
    load(services, tmp_path, 2)
    rows = services.search.page(Filters(), Paging(per_page=1_000)).results
    texts = {
        text
        for row in rows[::40]
        for text in (row["fax_id"], row["numero_normalise"], row["numero_envoi"])
        if text
    }
    assert len(texts) > 40
    warm = fresh(services)
    found(warm, "warm it up")
    for text in texts:
        assert found(warm, text) == found(fresh(services), text)


def test_a_new_report_is_found_and_a_deleted_one_is_not(services: Services, tmp_path: Path):
    first = load(services, tmp_path, 1)
    number = services.summaries.top_numbers(Filters(), 1, only_invalid=False)[0]["number"]
    for _ in range(3):  # the second builds the index
        assert {report for report, _ in found(services.search._faxes, number)} == {first}
        services.search._faxes._cache.clear()
    second = services.imports.import_file(tmp_path / "1.csv", force=True).report_id
    assert {report for report, _ in found(services.search._faxes, number)} == {first, second}
    services.reports.delete(first)
    assert {report for report, _ in found(services.search._faxes, number)} == {second}
