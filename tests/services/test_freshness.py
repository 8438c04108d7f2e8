"""Freshness of services: after another process changes the store, the next answer is current."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from faxcloud.domain.filters import Filters, Paging
from faxcloud.store.cache.cache import open_cache
from faxcloud.store.lake.table import Lake
from faxcloud.wiring import Services
from tests.live_store import Row, opened, some_rows, write_export
from tests.other_process import OtherProcess
from tests.redis_server import running_redis
from tests.small_lake import SMALL, ask, small_lake, store


def everything(services: Services) -> dict[str, Any]:
    """All that pages and endpoints ask, under several filters."""
    answers: dict[str, Any] = {"reports": services.reports.list(), "ruleset": services.rulesets.active().key}
    selections = [Filters(), Filters(status="invalid"), Filters(rule="number.mobile"), Filters(q="3314522")]
    for filters in selections:
        answers[f"summary {filters}"] = services.summaries.summary(filters).values
        answers[f"timeline {filters}"] = services.summaries.timeline(filters, "day")
        answers[f"users {filters}"] = services.summaries.breakdown(filters, "user")
        answers[f"rules {filters}"] = services.summaries.breakdown(filters, "rule")
        answers[f"heatmap {filters}"] = services.summaries.heatmap(filters)
        answers[f"numbers {filters}"] = services.summaries.top_numbers(filters)
        answers[f"page {filters}"] = services.search.page(filters, Paging(sort="line"))
        answers[f"far page {filters}"] = services.search.page(filters, Paging(sort="-sent_at", page=4))
        answers[f"export {filters}"] = b"".join(services.exports.stream(filters))
    return answers


def without_versions(answers: dict[str, Any]) -> dict[str, Any]:
    return {name: repr(answer) for name, answer in answers.items()}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, elsewhere: OtherProcess) -> Path:
    """A store that another process has filled with one report; tests copy it."""
    folder = tmp_path_factory.mktemp("filled")
    elsewhere.run(folder / "store", "import", str(write_export(folder / "first.csv", some_rows(120, 1))))
    return folder / "store"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "store")


def change(home: Path, what: str, services: Services, elsewhere: OtherProcess) -> None:
    if what == "import":
        rows: list[Row] = some_rows(80, 2)
        elsewhere.run(home, "import", str(write_export(home.parent / "second.csv", rows)))
    elif what == "deletion":
        [report] = services.reports.list()
        elsewhere.run(home, "reports", "delete", str(report["report_id"]))
    else:
        elsewhere.run(home, "validate", "all", "--ruleset", "faxcloud-1")


@pytest.mark.parametrize("what", ["import", "deletion", "re-validation"])
def test_what_another_process_changes_is_in_the_next_answer(
    home: Path, what: str, elsewhere: OtherProcess
) -> None:
    with opened(home) as services:
        before = without_versions(everything(services))
        assert without_versions(everything(services)) == before, "the second time from the cache"
        change(home, what, services, elsewhere)
        after = without_versions(everything(services))
        with opened(home) as fresh:  # has nothing in its cache
            assert after == without_versions(everything(fresh))
    changed = {name.partition(" ")[0] for name in after if after[name] != before[name]}
    judged = {"summary", "timeline", "users", "rules", "heatmap", "numbers", "page", "export"}
    assert changed >= judged
    if what != "re-validation":
        assert changed >= {"reports", "far"}


def test_a_ruleset_that_another_process_makes_active_is_the_active_one(home: Path) -> None:
    with opened(home) as services, opened(home) as another:
        assert services.rulesets.active_id() == "faxcloud-3"
        another.rulesets.activate("faxcloud-1")
        assert services.rulesets.active_id() == "faxcloud-1"
        assert services.validation.run(dry_run=True).ruleset == services.rulesets.active().key


def test_servers_that_share_a_redis_do_not_share_an_old_answer(tmp_path: Path) -> None:
    with running_redis() as redis:
        small_lake(tmp_path / "lake")
        one, two = (ask(tmp_path / "lake", open_cache(redis.url, "lake")) for _ in range(2))
        assert one.summaries.summary(Filters()).values["faxes"] == 8
        assert two.summaries.summary(Filters()).values["faxes"] == 8
        assert two.cache.stats().shared_hits > 0
        store(Lake(tmp_path / "lake"), [{**SMALL[0], "report_id": "r3"}], "r3")
        assert two.summaries.summary(Filters()).values["faxes"] == 9
        assert one.summaries.summary(Filters()).values["faxes"] == 9


def test_the_same_version_number_of_other_rows_is_another_question(tmp_path: Path) -> None:
    """As when a backup was put back, and something else imported since."""
    with running_redis() as redis:
        small_lake(tmp_path / "lake")
        before = ask(tmp_path / "lake", open_cache(redis.url, "lake"))
        assert before.summaries.summary(Filters()).values["faxes"] == 8
        (tmp_path / "lake").rename(tmp_path / "kept")
        small_lake(tmp_path / "lake", [{**SMALL[0], "report_id": name} for name in ("r8", "r9")])
        after = ask(tmp_path / "lake", open_cache(redis.url, "lake"))
        assert after.summaries.version() == before.summaries.version()
        assert after.summaries.summary(Filters()).values["faxes"] == 2


def test_what_is_kept_for_a_page_is_not_kept_twice(home: Path) -> None:
    """The versions in the keys let old answers go; they must not let new ones miss."""
    asked = ask(home / "lake")
    asked.summaries.dashboard(Filters(), "day")
    misses = asked.cache.stats().misses
    asked.summaries.dashboard(Filters(), "day")
    assert asked.cache.stats().misses == misses
