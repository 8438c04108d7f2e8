"""Comparison of two selections, against the small lake's numbers counted by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.analytics.comparisons import Comparisons
from faxcloud.services.scoping import Scope
from tests.small_lake import Questions, at, fax, small_lake

R1, R2 = Filters(report="r1"), Filters(report="r2")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Questions]:
    asked = small_lake(tmp_path / "lake")
    yield asked
    asked.engine.close()


def comparisons(asked: Questions) -> Comparisons:
    return Comparisons(asked.summaries, asked.faxes, Scope())


def test_every_number_has_its_change(small: Questions) -> None:
    compared = comparisons(small).of(R1, R2)
    rows = {row["key"]: row for row in compared.metrics}
    assert (rows["faxes"]["first"], rows["faxes"]["second"], rows["faxes"]["change"]) == (5, 3, -2)
    assert rows["faxes"]["change_rate"] == pytest.approx(-0.4)
    assert rows["compliance_rate"]["change"] == pytest.approx(2 / 3 - 3 / 5)
    assert rows["compliance_rate"]["change_rate"] is None
    assert rows.keys() == small.summaries.summary(R1).values.keys()
    assert compared.first == small.summaries.summary(R1).values
    assert compared.second == small.summaries.summary(R2).values


def test_a_rule_that_one_of_them_does_not_violate_counts_zero_there(small: Questions) -> None:
    rows = comparisons(small).of(R1, R2).rules
    assert {row["key"]: (row["first"], row["second"], row["change"]) for row in rows} == {
        "mode.unknown": (1, 0, -1),
        "number.length": (0, 1, 1),
        "number.mobile": (1, 0, -1),
        "pages.zero": (1, 0, -1),
    }
    assert next(row for row in rows if row["key"] == "number.length")["change_rate"] is None


def test_users_are_new_gone_or_in_both(small: Questions) -> None:
    compared = comparisons(small).of(R1, R2)
    assert {row["key"]: row["presence"] for row in compared.users} == {
        "Accueil": "gone",
        "=1+1": "new",
        "100%": "new",
        "Dr. Hélène": "both",
    }
    assert (compared.new, compared.gone) == (2, 1)
    # The two whose invalid faxes changed stand first.
    assert {row["key"] for row in compared.users[:2]} == {"Accueil", "=1+1"}
    helene = next(row for row in compared.users if row["key"] == "Dr. Hélène")
    assert (helene["first_faxes"], helene["second_faxes"], helene["change"]) == (1, 1, 0)


def test_nothing_is_compared_as_no_data_and_not_as_zero_percent(small: Questions) -> None:
    compared = comparisons(small).of(R1, Filters(report="none"))
    rows = {row["key"]: row for row in compared.metrics}
    assert rows["compliance_rate"]["second"] is None
    assert rows["compliance_rate"]["change"] is None
    assert rows["faxes"]["second"] == 0


def test_the_same_selection_twice_has_no_change(small: Questions) -> None:
    compared = comparisons(small).of(R1, R1)
    assert {row["change"] for row in [*compared.metrics, *compared.rules, *compared.users]} == {0}
    assert (compared.new, compared.gone) == (0, 0)


def test_a_viewer_compares_users_by_their_whole_names_and_sees_masked_ones(tmp_path: Path) -> None:
    asked = small_lake(
        tmp_path / "lake",
        [
            fax(1, "r1", sent_at=at(4), user_name="ann@a.example"),
            fax(1, "r2", sent_at=at(5), user_name="bob@b.example"),
        ],
    )
    with acting(Actor("key:v", "viewer")):
        compared = comparisons(asked).of(R1, R2)
    asked.engine.close()
    assert (compared.new, compared.gone) == (1, 1)
    assert "example" not in repr(compared.users)


def test_nobody_compares_nothing(small: Questions) -> None:
    with acting(nobody()):
        compared = comparisons(small).of(R1, R2)
    assert compared.first["faxes"] == compared.second["faxes"] == 0
    assert compared.users == []
