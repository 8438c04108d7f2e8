"""Data access by role and key: viewers see masked numbers, a limited key sees only its reports.

Every public method that reads faxes or reports is asked, by a viewer and by limited keys; a method that is
added later fails the test until it stands in the table.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.masking import Names
from faxcloud.errors import (
    AlreadyImported,
    FaxCloudError,
    ImportedElsewhere,
    NotAllowed,
    OutOfScope,
    ReportNotFound,
    RunNotFound,
)
from faxcloud.i18n import translator
from faxcloud.services.actors import SYSTEM, Actor, acting, current_actor, nobody
from faxcloud.services.scoping import Scope
from faxcloud.wiring import Services, build

HEADER = (
    "Fax ID;Nom et prénom utilisateur;Revendeur;Mode;Adresse de messagerie;Date et heure du fax;"
    "Numéro d'envoi;Numéro appelé;Nombre de page réel"
)
MINE = (
    "70000001;Hélène Martin;R;SF;helene@mine.example;04/03/2026 09:00;33100000011;33145221134;3",
    "70000002;jean@mine.example;R;SF;jean@mine.example;05/03/2026 09:00;33100000012;33612345678;2",
    "70000003;Hélène Martin;01 45 22 11 99;RF;helene@mine.example;06/03/2026 10:00;33100000013;0145221177;0",
    "70000004;Hélène Martin",
)
THEIRS = tuple(
    f"{fax_id};Paul Secret;S;SF;paul@theirs.example;07/03/2026 0{number}:00;33100000099;3361999000{number};0"
    for number, fax_id in enumerate(("80000001", "80000002", "80000003", "80000004", "7000000"), 1)
)
PERSONAL = (
    *(
        "70000001",
        "70000002",
        "70000003",
        "33145221134",
        "33612345678",
        "0145221177",
        "33145221177",
        "145221177",
    ),
    *("3310000001", "@mine.example", "01 45 22 11 99", "helene@"),
)
OTHERS = ("Paul", "paul@", "8000000", "3361999", "theirs", "SECRET")

ENGLISH = translator("en")
VIEWER = Actor("key:v", "viewer")


@dataclass(frozen=True)
class Store:
    services: Services
    mine: str
    theirs: str
    run_of_mine: str
    run_of_all: str
    trial_of_mine: str


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two reports of two contracts, and runs over one of them and over all."""
    folder = tmp_path_factory.mktemp("scoping")
    services = build(Settings(home=folder / "store"))
    reports = []
    for contract, records in (("MINE", MINE), ("SECRET", THEIRS)):
        path = folder / f"{contract.lower()}.csv"
        path.write_text("\n".join((HEADER, *records, "")), encoding="utf-8")
        name = "mine.csv" if contract == "MINE" else "theirs.csv"
        reports.append(services.imports.import_file(path, name=name, contract=contract).report_id)
    run_of_mine = services.validation.run("faxcloud-1", reports[0]).run_id
    run_of_all = services.validation.run("faxcloud-3").run_id
    trial = services.validation.run("faxcloud-1", reports[0], dry_run=True).run_id
    yield Store(services, reports[0], reports[1], run_of_mine, run_of_all, trial)
    services.close()


def by_report(store: Store, role: str = "analyst") -> Actor:
    return Actor("key:r", role, reports=(store.mine,))  # type: ignore[arg-type]


def by_contract(store: Store, role: str = "analyst") -> Actor:
    return Actor("key:c", role, contracts=("MINE",))  # type: ignore[arg-type]


LIMITED = pytest.mark.parametrize("limited", [by_report, by_contract])

Ask = Callable[[Store], Any]


def written(at: Store) -> str:
    file = io.BytesIO()
    at.services.exports.write(Filters(), "csv", file)
    return file.getvalue().decode()


MONTH = Filters(start_date=dt.date(2026, 3, 1), end_date=dt.date(2026, 3, 31))

READS: dict[str, Ask] = {
    "summaries.summary": lambda at: at.services.summaries.summary(Filters()),
    "summaries.timeline": lambda at: at.services.summaries.timeline(Filters(), "day"),
    **{
        f"summaries.breakdown {by}": lambda at, by=by: at.services.summaries.breakdown(Filters(), by)
        for by in ("user", "mode", "rule", "warning", "number_type", "country", "hour", "weekday", "report")
    },
    "summaries.heatmap": lambda at: at.services.summaries.heatmap(Filters()),
    "summaries.top_numbers": lambda at: at.services.summaries.top_numbers(Filters(), only_invalid=False),
    "summaries.dashboard": lambda at: at.services.summaries.dashboard(Filters(), "day"),
    "summaries.covered_days": lambda at: at.services.summaries.covered_days(MONTH),
    "summaries.is_whole": lambda at: at.services.summaries.is_whole(MONTH),
    "summaries.compares": lambda at: at.services.summaries.compares(MONTH),
    "search.page": lambda at: at.services.search.page(Filters()),
    "search.fax": lambda at: [at.services.search.fax(report, 1) for report in (at.mine, at.theirs)],
    "reports.list": lambda at: at.services.reports.list(),
    "reports.show": lambda at: at.services.reports.show(at.mine),
    "papers.of": lambda at: at.services.papers.of(Filters(report=at.mine)),
    "papers.of all": lambda at: at.services.papers.of(Filters()),
    "comparisons.of": lambda at: at.services.comparisons.of(Filters(report=at.mine), Filters()),
    "people.ranking": lambda at: at.services.people.ranking(Filters()),
    "people.has_resellers": lambda at: at.services.people.has_resellers(Filters()),
    "people.one": lambda at: at.services.people.one(Filters(), "Hélène Martin", "day"),
    "usage.usage": lambda at: at.services.usage.usage(Filters()),
    "usage.months": lambda at: at.services.usage.months(Filters()),
    "corrections.overview": lambda at: at.services.corrections.overview(Filters()),
    "corrections.page": lambda at: at.services.corrections.page(Filters()),
    "corrections.curve": lambda at: at.services.corrections.curve(Filters()),
    "corrections.users": lambda at: at.services.corrections.users(Filters()),
    "hours.summary": lambda at: at.services.hours.summary(Filters()),
    "validation.runs": lambda at: at.services.validation.runs(),
    "validation.show": lambda at: at.services.validation.show(at.run_of_mine),
    "validation.changes": lambda at: list(at.services.validation.changes(at.run_of_mine)),
    "validation.export_changes": lambda at: list(at.services.validation.export_changes(at.run_of_mine)),
    "validation.changes of a trial": lambda at: list(at.services.validation.changes(at.trial_of_mine)),
}
"""What every role may read."""

ROWS: dict[str, Ask] = {
    "exports.write": written,
    "exports.stream": lambda at: b"".join(at.services.exports.stream(Filters())).decode(),
    "exports.stream of JSON": lambda at: b"".join(at.services.exports.stream(Filters(), "json")).decode(),
    "reports.rejects": lambda at: list(at.services.reports.rejects(at.mine)),
    "corrections.csv": lambda at: at.services.corrections.csv(Filters(), ENGLISH).decode(),
    "people.csv": lambda at: at.services.people.csv(Filters(), "Hélène Martin", ENGLISH).decode(),
    "usage.csv": lambda at: at.services.usage.csv(Filters(), "user", ENGLISH).decode(),
    "usage.workbook": lambda at: len(at.services.usage.workbook(Filters(), "user", ENGLISH)),
}
"""What an analyst may read, and no viewer."""

CHANGES: dict[str, Ask] = {
    "validation.run": lambda at: at.services.validation.run(report_id=at.mine, dry_run=True),
    "reports.delete": lambda at: at.services.reports.delete(at.mine),
    "reports.edit": lambda at: at.services.reports.edit(at.mine, contract="C", start=None, end=None),
    "imports.import_file": lambda at: at.services.imports.import_file(Path("no such file")),
    "imports.try_file": lambda at: at.services.imports.try_file(Path("none"), source=None, dates=None),
    "hours.change": lambda at: at.services.hours.change(at.services.hours.opening()),
    "usage.save_price_list": lambda at: at.services.usage.save_price_list({}),
}

OF_OTHERS: dict[str, Ask] = {
    "reports.show": lambda at: at.services.reports.show(at.theirs),
    "reports.rejects": lambda at: at.services.reports.rejects(at.theirs),
    "reports.delete": lambda at: at.services.reports.delete(at.theirs),
    "reports.edit": lambda at: at.services.reports.edit(at.theirs, contract="C", start=None, end=None),
    "papers.of": lambda at: at.services.papers.of(Filters(report=at.theirs)),
    "validation.run": lambda at: at.services.validation.run(report_id=at.theirs, dry_run=True),
    "validation.run of all": lambda at: at.services.validation.run(dry_run=True),
    "validation.show": lambda at: at.services.validation.show(at.run_of_all),
    "validation.changes": lambda at: at.services.validation.changes(at.run_of_all),
    "validation.export_changes": lambda at: at.services.validation.export_changes(at.run_of_all),
    "imports.import_file": lambda at: at.services.imports.import_file(Path("x"), contract="SECRET"),
}

NOT_ABOUT_FAXES = {
    "summaries.version", "summaries.mark", "summaries.moved_at",
    "reports.version", "reports.has_sample", "reports.remove_sample",
    "validation.catch_up", "validation.running", "papers.write", "hours.opening", "usage.price_list",
    "usage.key_text",
}  # fmt: skip


def text_of(answer: Any) -> str:
    """Everything that an answer says."""
    if is_dataclass(answer) and not isinstance(answer, type):
        answer = {field.name: getattr(answer, field.name) for field in fields(answer)}
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, default=str)


def ask_all(store: Store, asked: dict[str, Ask], actor: Actor) -> dict[str, str]:
    with acting(actor):
        return {name: text_of(ask(store)) for name, ask in asked.items()}


def test_every_method_that_reads_or_changes_is_in_the_table(store: Store):
    named = {name.split()[0] for name in (*READS, *ROWS, *CHANGES)} | NOT_ABOUT_FAXES
    services = store.services
    offered = {
        f"{noun}.{name}"
        for noun in (
            *("summaries", "search", "exports", "reports", "validation", "imports"),
            *("papers", "comparisons", "people", "usage", "corrections", "hours"),
        )
        for name in dir(getattr(services, noun))
        if not name.startswith("_") and callable(getattr(getattr(services, noun), name))
    }
    assert offered == named


def test_the_questions_have_answers_that_hold_what_is_looked_for(store: Store):
    answers = ask_all(store, READS | ROWS, SYSTEM)
    everything = "".join(answers.values())
    assert [text for text in (*PERSONAL, *OTHERS) if text not in everything] == []
    assert "33145221134" in answers["search.page"]
    assert "33612345678" in answers["validation.changes"]
    assert "33612345678" in answers["validation.changes of a trial"]


@pytest.mark.parametrize("name", READS)
def test_a_viewer_sees_no_number_no_address_and_no_fax_id(name: str, store: Store):
    READS[name](store)  # by the system first: what is kept in the cache is not masked
    answer = ask_all(store, {name: READS[name]}, VIEWER)[name]
    assert [text for text in PERSONAL if text in answer] == []


def test_a_viewer_sees_names_and_what_numbers_look_like(store: Store):
    answers = ask_all(store, READS, VIEWER)
    assert "Hélène Martin" in answers["summaries.breakdown user"]
    assert "Hélène Martin" in answers["search.page"]
    assert "3314•••••34" in answers["search.page"]
    assert "3314•••••34" in answers["summaries.top_numbers"]


@pytest.mark.parametrize("name", [*ROWS, *CHANGES])
def test_a_viewer_neither_takes_rows_away_nor_changes_anything(name: str, store: Store):
    with acting(VIEWER), pytest.raises(NotAllowed):
        (ROWS | CHANGES)[name](store)


@pytest.mark.parametrize("text", ["33145221134", "1134", "helene@mine.example", "70000001", "x"])
def test_a_search_is_no_oracle_for_a_viewer(text: str, store: Store):
    summaries, chosen = store.services.summaries, Filters(q=text)
    asked: tuple[Callable[[], Any], ...] = (
        lambda: store.services.search.page(chosen),
        lambda: summaries.summary(chosen),
        lambda: summaries.timeline(chosen, "day"),
        lambda: summaries.breakdown(chosen, "user"),
        lambda: summaries.heatmap(chosen),
        lambda: summaries.top_numbers(chosen),
        lambda: summaries.dashboard(chosen, "day"),
        lambda: store.services.search.page(Filters(), Paging(sort="number")),
        lambda: store.services.search.page(Filters(), Paging(sort="-fax_id")),
    )
    with acting(VIEWER):
        for ask in asked:
            with pytest.raises(NotAllowed):
                ask()


@LIMITED
@pytest.mark.parametrize("name", [*READS, *ROWS])
def test_a_limited_key_sees_nothing_of_another_report(
    name: str, limited: Callable[[Store], Actor], store: Store
):
    whole = text_of((READS | ROWS)[name](store))
    answer = ask_all(store, {name: (READS | ROWS)[name]}, limited(store))[name]
    assert [text for text in (*OTHERS, store.theirs, store.run_of_all) if text in answer] == []
    assert answer or not whole


@LIMITED
def test_the_numbers_of_a_limited_key_are_those_of_its_report(
    limited: Callable[[Store], Actor], store: Store
):
    summaries, chosen = store.services.summaries, Filters(report=store.mine)
    expected = summaries.summary(chosen).values
    with acting(limited(store)):
        assert summaries.summary(Filters()).values == summaries.summary(chosen).values == expected
        assert summaries.summary(Filters(report=store.theirs)).values["faxes"] == 0
        assert store.services.search.page(Filters()).total == 3
        assert [report["report_id"] for report in store.services.reports.list()] == [store.mine]
    assert summaries.summary(Filters()).values["faxes"] == 8


@LIMITED
@pytest.mark.parametrize("name", OF_OTHERS)
def test_a_limited_key_cannot_reach_another_report(
    name: str, limited: Callable[[Store], Actor], store: Store
):
    with acting(limited(store)), pytest.raises((ReportNotFound, RunNotFound, OutOfScope)):
        OF_OTHERS[name](store)


@LIMITED
def test_a_search_of_a_limited_key_finds_its_own_faxes_alone(limited: Callable[[Store], Actor], store: Store):
    with acting(limited(store)):
        for text, found in (
            ("33145221134", 1),
            ("33619990001", 0),
            ("Paul", 0),
            ("theirs.example", 0),
            ("80000001", 0),
        ):
            assert store.services.search.page(Filters(q=text)).total == found


def test_a_number_that_others_hold_does_not_change_what_a_search_means(store: Store):
    # `7000000` is the whole id of a fax of theirs, and a part of three of mine.
    asked = Filters(q="7000000")
    assert store.services.search.page(asked).total == 1
    with acting(by_report(store)):
        assert store.services.search.page(asked).total == 3
    with acting(Actor("key:t", "analyst", reports=(store.theirs,))):
        assert store.services.search.page(asked).total == 1
        assert store.services.search.page(Filters(q="8000000")).total == 4
        assert store.services.search.page(Filters(q="70000001")).total == 0


def test_a_report_that_is_imported_under_the_contract_later_is_seen_at_once(store: Store, tmp_path: Path):
    path = tmp_path / "later.csv"
    path.write_text("\n".join((HEADER, MINE[0].replace("70000001", "70000009"), "")), encoding="utf-8")
    with acting(by_contract(store)):
        before = store.services.summaries.summary(Filters()).values["faxes"]
        report_id = store.services.imports.import_file(path, contract="MINE").report_id
        assert store.services.summaries.summary(Filters()).values["faxes"] == before + 1
    with acting(by_report(store)):
        assert store.services.summaries.summary(Filters()).values["faxes"] == before
    with acting(by_contract(store)):
        store.services.reports.delete(report_id)
        assert store.services.summaries.summary(Filters()).values["faxes"] == before


@pytest.mark.parametrize(
    "actor", [nobody(), Actor("key:e", "admin", reports=()), Actor("key:o", contracts=("X",))]
)
def test_whoever_may_see_no_report_sees_none(actor: Actor, store: Store):
    with acting(actor):
        assert store.services.summaries.summary(Filters()).values["faxes"] == 0
        assert store.services.summaries.breakdown(Filters(), "user") == []
        assert store.services.search.page(Filters()).total == 0
        assert store.services.search.fax(store.mine, 1) is None
        assert store.services.reports.list() == []
        assert store.services.validation.runs() == []


def test_a_limited_key_does_not_learn_which_import_of_others_has_the_same_content(
    store: Store, tmp_path: Path
):
    path = tmp_path / "copy.csv"
    path.write_text("\n".join((HEADER, *THEIRS, "")), encoding="utf-8")
    with acting(by_contract(store)), pytest.raises(ImportedElsewhere) as refused:
        store.services.imports.import_file(path, contract="MINE")
    assert store.theirs not in f"{refused.value.values} {refused.value.message}"
    with pytest.raises(AlreadyImported) as known:
        store.services.imports.import_file(path, contract="MINE")
    assert known.value.values["report_id"] == store.theirs


def test_both_limits_together_are_either(store: Store):
    actor = Actor("key:b", "analyst", reports=(store.theirs,), contracts=("MINE",))
    with acting(actor):
        assert Scope(None).reports() == (store.theirs,)
        assert store.services.summaries.summary(Filters()).values["faxes"] == 8


@pytest.mark.parametrize("names", ["hidden", "initials"])
def test_user_names_are_shown_as_far_as_the_role_says(names: Names, store: Store):
    viewer = Actor("key:v", "viewer", names=names)
    asked = {name: ask for name, ask in READS.items() if name != "people.one"}  # by the whole name
    told = "".join(ask_all(store, asked, viewer).values())
    assert [name for name in ("Hélène", "Martin", "Paul", "Secret") if name in told] == []
    assert ("H. M." in told) is (names == "initials")
    with acting(viewer):
        ranked = [row["key"] for row in store.services.people.ranking(Filters()).results]
        assert len({*ranked}) == len(ranked)
        one = store.services.people.one(Filters(), ranked[0], "day")
        assert one.summary.values["faxes"] == store.services.people.ranking(Filters()).results[0]["faxes"]
        for ask in (
            lambda: store.services.summaries.summary(Filters(user="Hélène Martin")),
            lambda: store.services.corrections.overview(Filters(), user="Hélène Martin"),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_without_a_context_there_is_no_actor(store: Store):
    def ask() -> None:
        with pytest.raises(RuntimeError, match="no actor"):
            current_actor()
        with pytest.raises(RuntimeError, match="no actor"):
            store.services.summaries.summary(Filters())
        with acting(VIEWER):
            assert current_actor() == VIEWER
        with pytest.raises(RuntimeError, match="no actor"):
            current_actor()

    contextvars.Context().run(ask)


def test_what_a_limited_key_may_not_is_an_error_of_ours(store: Store):
    with acting(by_report(store)), pytest.raises(FaxCloudError) as refused:
        store.services.imports.import_file(Path("x"), contract="MINE")
    assert refused.value.code == "access.out_of_scope"
