import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.filters import SORTABLE, Filters, Paging
from faxcloud.errors import FilterInvalid

FILTERS = st.builds(
    Filters,
    report=st.none() | st.from_regex(r"[a-z0-9-]{1,30}", fullmatch=True),
    q=st.none() | st.sampled_from(("33145", "Dupont, é", "a@b.fr")),
    mode=st.none() | st.sampled_from(("SF", "RF", "X Y")),
    status=st.sampled_from((None, "valid", "invalid")),
    rule=st.none() | st.just("number.mobile"),
    user=st.none() | st.just("..  J. Dupont"),
    number_type=st.none() | st.just("mobile"),
    weekday=st.none() | st.integers(1, 7),
    start_date=st.none() | st.dates(max_value=dt.date(2020, 1, 1)),
    end_date=st.none() | st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(9999, 12, 30)),
    pages_min=st.none() | st.integers(-5, 10),
    pages_max=st.none() | st.integers(10, 2**31 - 1),
)


@given(FILTERS)
def test_filters_survive_an_address(filters):
    assert Filters.from_params(filters.to_params()) == filters


@given(FILTERS)
def test_an_address_never_holds_a_number_or_a_name(filters):
    shared = filters.shareable_params()
    assert not shared.keys() & {"q", "user"}
    assert shared.items() <= filters.to_params().items()


def test_blank_and_unknown_parameters_filter_nothing():
    assert Filters.from_params({"q": " ", "status": "", "mode": None, "page": "3", "utm": "x"}) == Filters()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", "01/02/2026"),
        ("start_date", "2026-02-30"),
        ("end_date", "9999-12-31"),
        ("end_date", "2026-1-2"),
        ("status", "ok"),
        ("pages_min", "1.5"),
        ("pages_min", "٣"),
        ("pages_max", "2147483648"),
        ("report", "a' OR 1=1"),
        ("rule", "a|b"),
        ("number_type", "é"),
        ("weekday", "0"),
        ("weekday", "8"),
        ("weekday", "monday"),
        ("mode", "x" * 21),
    ],
)
def test_a_bad_value_is_refused_with_its_name_and_what_is_expected(name, value):
    with pytest.raises(FilterInvalid) as refused:
        Filters.from_params({name: value})
    assert refused.value.values["name"] == name
    assert refused.value.values["value"] == value
    assert refused.value.values["expected"]


@pytest.mark.parametrize("name", ["q", "user"])
def test_a_personal_value_is_not_repeated_in_a_refusal(name):
    with pytest.raises(FilterInvalid) as refused:
        Filters.from_params({name: "Dupont" * 100})
    assert "Dupont" not in str(refused.value)


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2026-02-01", "end_date": "2026-01-31"},
        {"pages_min": "3", "pages_max": "2"},
    ],
)
def test_bounds_the_wrong_way_round_are_refused(params):
    with pytest.raises(FilterInvalid, match="or above"):
        Filters.from_params(params)


def test_a_period_is_half_open_and_the_previous_one_just_as_long():
    filters = Filters(mode="SF", start_date=dt.date(2026, 1, 1), end_date=dt.date(2026, 1, 31))
    assert filters.period() == (dt.date(2026, 1, 1), dt.date(2026, 2, 1))
    previous = filters.previous_period()
    assert previous == Filters(mode="SF", start_date=dt.date(2025, 12, 1), end_date=dt.date(2025, 12, 31))


@given(FILTERS)
def test_the_previous_period_touches_the_period_and_is_as_long(filters):
    previous = filters.previous_period()
    if previous is not None:
        (first, end), (earlier, before) = filters.period(), previous.period()
        assert before == first
        assert before - earlier == end - first


def test_there_is_no_previous_period_of_an_open_one_or_before_the_calendar():
    assert Filters(start_date=dt.date(2026, 1, 1)).previous_period() is None
    assert Filters(start_date=dt.date(1, 1, 2), end_date=dt.date(1, 1, 5)).previous_period() is None


def test_paging_has_defaults_and_bounds():
    assert Paging.from_params({}) == Paging(sort="-sent_at", page=1, per_page=50)
    paging = Paging.from_params({"sort": "pages", "page": "3", "per_page": "1000"})
    assert (paging.column, paging.descending, paging.offset) == ("pages", False, 2000)
    assert Paging.from_params(paging.to_params()) == paging


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("per_page", "1001"),
        ("per_page", "0"),
        ("sort", "called_text;"),
    ],
)
def test_a_page_that_cannot_be_is_refused(name, value):
    with pytest.raises(FilterInvalid, match=name):
        Paging.from_params({name: value})


@pytest.mark.parametrize("column", SORTABLE)
def test_rows_are_sorted_either_way(column):
    assert Paging.from_params({"sort": f"-{column}"}).descending
    assert not Paging.from_params({"sort": column}).descending
