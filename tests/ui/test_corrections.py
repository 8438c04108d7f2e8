"""Corrections page with an empty store, no wrong number, a small store, and hostile text."""

from collections.abc import Callable

import pytest

from faxcloud.domain.hours import OpeningHours
from faxcloud.i18n import translator
from faxcloud.ui.running import Running
from tests.ui.conftest import HOSTILE_NAMES, SMALL, Visit, metrics, record, texts

INCIDENT = ("could not be shown", "n’a pas pu être affichée")
ENGLISH = translator("en")
TABS = ("Numbers to correct", "Address books", "Business hours")


def is_calm(page) -> bool:
    """No traceback, no incident."""
    return not page.exception and not any(words in texts(page) for words in INCIDENT)


def on_tab(visit: Visit, tab: str, language: str = "en"):
    """The page with one of its tabs open."""
    page = visit("corrections", language)
    page.session_state["corrections-tab"] = tab
    return page.run()


def test_an_empty_store_invites(visit: Visit):
    page = visit("corrections")
    assert is_calm(page)
    assert "Nothing imported yet" in texts(page)


def test_that_no_number_is_wrong_is_said(load: Callable[..., str], visit: Visit):
    load(SMALL[0], SMALL[3])  # the second one has no pages, which no number can mend
    page = visit("corrections")
    assert is_calm(page)
    assert "No called number of this selection is wrong" in texts(page)
    assert not page.get("plotly_chart")


def test_a_small_store_has_one_number_to_correct(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    page = visit("corrections")
    assert is_calm(page)
    assert metrics(page) == {
        "Wrong numbers": "1", "Faxes concerned": "1", "Users concerned": "1", "Share of top 1": "100.0%",
    }  # fmt: skip


@pytest.mark.parametrize("tab", TABS)
def test_hostile_texts_and_callers_without_a_name_are_shown(load: Callable[..., str], visit: Visit, tab: str):
    hostile = ("<script>alert(1)</script>", "=1+1", "$x$ :red[y] **b**", "12", "n" * 3_000, "")
    load(
        *(record(str(nth), name, number="33612345678") for nth, name in enumerate(HOSTILE_NAMES)),
        *(record(str(nth), "", number=number, sent_at="gestern") for nth, number in enumerate(hostile)),
    )
    page = on_tab(visit, tab)
    assert is_calm(page)
    assert page.dataframe


def test_days_with_the_same_hours_stand_together(load: Callable[..., str], visit: Visit, shared: Running):
    load(*SMALL)
    shared.services.hours.change(OpeningHours(days=((1, (8, 12)), (2, (8, 12)), (6, (9, 11))), holidays=True))
    page = on_tab(visit, "Business hours")
    assert is_calm(page)
    assert "Mon to Tue: 8 h to 12 h · Sat: 9 h to 11 h · closed on French public holidays" in texts(page)


def test_a_day_from_0_to_0_is_closed(load: Callable[..., str], visit: Visit, shared: Running):
    load(*SMALL)
    page = on_tab(visit, "Business hours")
    page.slider(key="opening-1").set_value((0, 0))
    page.slider(key="opening-6").set_value((9, 12))
    page.button(key="FormSubmitter:opening-hours-Save these hours").click().run()
    assert is_calm(page)
    week = tuple((day, (8, 18)) for day in range(2, 6))
    assert shared.services.hours.opening() == OpeningHours(days=(*week, (6, (9, 12))))
