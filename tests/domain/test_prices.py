"""Price calculation: choice of the price list line, and rounding."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.prices import Price, PriceList
from faxcloud.errors import PriceListInvalid


def listed(*prices: dict[str, Any], currency: str = "EUR") -> PriceList:
    return PriceList.from_dict({"currency": currency, "prices": list(prices)})


def test_a_named_billing_type_goes_before_any_and_a_longer_prefix_before_a_class():
    prices = listed(
        {"per_page": "1"},
        {"destination": "international", "per_page": "2"},
        {"destination": "+3774", "per_page": "3"},
        {"billing_type": "Forfait", "per_page": "4"},
        {"billing_type": "Forfait", "destination": "+377", "per_page": "5"},
    )

    def taken(billing_type: str, destination: str) -> Decimal | None:
        price = prices.price_for(billing_type, destination)
        assert price is not None
        return price.per_page

    assert taken("", "national") == 1
    assert taken("Autre", "international") == 2
    assert taken("Autre", "+3774") == 3
    assert taken("Forfait", "internal") == 4
    assert taken("Forfait", "+3774") == 5


def test_a_fax_that_no_line_is_for_has_no_price():
    prices = listed({"billing_type": "Forfait", "destination": "national", "per_page": "0.05"})
    assert prices.price_for("Forfait", "internal") is None
    assert prices.price_for("forfait", "national") is None
    assert PriceList().price_for("", "national") is None


def test_an_international_number_goes_to_the_longest_listed_prefix_however_it_is_dialled():
    prices = listed(
        {"destination": "377", "per_call": "1"}, {"destination": "00 3774".replace(" ", ""), "per_call": "2"}
    )
    assert prices.prefixes() == ("3774", "377")
    flags = {"is_internal": False, "is_international": True}
    assert prices.destination("37749123456", **flags) == "+3774"
    assert prices.destination("0037799123456", **flags) == "+377"
    assert prices.destination("44201234567", **flags) == "international"
    assert prices.destination("37749123456", is_internal=None, is_international=None) == "national"
    assert prices.destination("37749123456", is_internal=True, is_international=True) == "internal"


@pytest.mark.parametrize(
    ("pages", "seconds", "cost"),
    [
        ("1.00", 0, "0.0001"),
        ("0.99", 0, "0.0000"),
        ("3.00", 0, "0.0002"),
        ("2.99", 0, "0.0001"),
        ("-1.00", 0, "-0.0001"),
    ],
    ids=["a half goes up", "just below", "the next half", "just below it", "a credit goes away from zero"],
)
def test_the_cost_is_rounded_half_up_to_a_ten_thousandth(pages: str, seconds: int, cost: str):
    assert Price(per_page=Decimal("0.00005")).cost(Decimal(pages), seconds) == Decimal(cost)


def test_what_is_charged_by_and_not_told_gives_no_cost_and_not_nothing():
    by_page, by_minute, free = (
        Price(per_page=Decimal(1)),
        Price(per_minute=Decimal(1)),
        Price(per_page=Decimal()),
    )
    assert by_page.cost(None, 60) is None
    assert by_minute.cost(Decimal(1), None) is None
    assert by_page.cost(Decimal(), 60) == 0
    assert free.cost(None, None) == 0


@pytest.mark.parametrize(
    ("given", "line", "field"),
    [
        ([], 0, "prices"),
        ({"currency": "€"}, 0, "currency"),
        ({"prices": ["x"]}, 1, "prices"),
        ({"prices": [{"per_page": "1"}, {"billing_type": "A"}]}, 2, "per_page"),
        ({"prices": [{"per_page": "-1"}]}, 1, "per_page"),
        ({"prices": [{"per_minute": "1e3"}]}, 1, "per_minute"),
        ({"prices": [{"per_call": "0.0000001"}]}, 1, "per_call"),
        ({"prices": [{"per_call": "1000001"}]}, 1, "per_call"),
        ({"prices": [{"per_call": "NaN"}]}, 1, "per_call"),
        ({"prices": [{"destination": "Monaco", "per_call": "1"}]}, 1, "destination"),
        ({"prices": [{"destination": "+0377", "per_call": "1"}]}, 1, "destination"),
        ({"prices": [{"billing_type": "a\nb", "per_call": "1"}]}, 1, "billing_type"),
        ({"prices": [{"per_page": "1"}, {"billing_type": " ", "per_call": "2"}]}, 2, "destination"),
        ({"prices": [{"per_fax": "1"}]}, 1, "per_fax"),
        ({"prices": [{"per_page": "1", "billing_type": str(n)} for n in range(201)]}, 201, "prices"),
    ],
)  # fmt: skip
def test_an_unusable_list_is_refused_by_line_and_field(given: Any, line: int, field: str):
    with pytest.raises(PriceListInvalid) as refused:
        PriceList.from_dict(given)
    assert (refused.value.values["line"], refused.value.values["field"]) == (line, field)


amounts = st.none() | st.decimals(0, 1_000, places=6).map(lambda amount: format(amount, "f"))
lines = st.fixed_dictionaries(
    {
        "billing_type": st.sampled_from([None, "Forfait", "Réception"]),
        "destination": st.sampled_from([None, "internal", "national", "international", "+377", "+44"]),
        "per_page": amounts,
        "per_call": amounts,
        "per_minute": st.decimals(0, 1_000, places=6).map(lambda amount: format(amount, "f")),
    }
)


@given(st.lists(lines, max_size=8, unique_by=lambda line: (line["billing_type"], line["destination"])))
def test_a_list_survives_being_written_and_read(prices: list[dict[str, Any]]):
    once = PriceList.from_dict({"currency": "chf", "prices": prices})
    assert PriceList.from_dict(once.to_dict()) == once
    assert once.currency == "CHF"
