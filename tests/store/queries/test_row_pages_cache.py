"""Row page cache: a cached page equals the page from the lake, value for value."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters, Paging
from faxcloud.services.sample.export import write_sample
from faxcloud.store.cache.cache import Cache
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.wiring import Services, build

QUESTIONS = [
    (Filters(), Paging()),
    (Filters(), Paging(page=3, per_page=100)),
    (Filters(status="invalid"), Paging(sort="sent_at")),
    (Filters(mode="RF"), Paging()),
    (Filters(), Paging(sort="pages", page=2)),
    (Filters(q="33"), Paging(per_page=200)),
]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = build(Settings(home=tmp_path / "store"))
    for seed in (1, 2):
        path = tmp_path / f"{seed}.csv"
        write_sample(path, 2_000, seed=seed)
        built.imports.import_file(path)
    yield built
    built.close()


def fresh(services: Services) -> FaxReader:
    known = services.search._faxes
    return FaxReader(known._lake, known._engine, Cache())


@pytest.mark.parametrize(("filters", "paging"), QUESTIONS)
def test_memory_and_lake_give_the_same_page(services: Services, filters: Filters, paging: Paging):
    warm = fresh(services)
    warm.page(warm.select(Filters()), Paging())
    cold = fresh(services)
    from_memory = warm.page(warm.select(filters), paging)
    assert from_memory == cold.page(cold.select(filters), paging)
    assert from_memory[1]
    kept = warm._pages._rows
    assert len(kept._files) == 2
    assert not cold._pages._rows._files


def test_joined_files_are_read_from_the_lake(services: Services):
    before = fresh(services).page(fresh(services).select(Filters()), Paging(per_page=1_000))
    assert services.maintenance.compact().files_after == 1
    reader = fresh(services)
    for _ in range(3):
        assert reader.page(reader.select(Filters()), Paging(per_page=1_000)) == before
    assert not reader._pages._rows._files


def test_an_erasure_leaves_nothing_in_memory(services: Services):
    reader = services.search._faxes
    for page in (1, 2):
        services.search.page(Filters(), Paging(page=page))
    services.search.page(Filters(q="33145221134"), Paging())
    services.search.page(Filters(q="33145221135"), Paging())
    assert reader._pages._rows._files
    assert reader._exact._files
    reader.forget()
    assert not reader._pages._rows._files
    assert not reader._exact._files
    assert not reader._known._known
    assert reader._cache.stats().entries == 0
