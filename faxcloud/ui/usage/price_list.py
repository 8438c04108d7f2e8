"""Price list: read by all who see costs, edited by administrators."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.domain.prices import AMOUNTS, CLASSES, Price, PriceList
from faxcloud.i18n import Translator
from faxcloud.services.analytics.usage_files import destination_text
from faxcloud.ui.access import can
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

CURRENCY, ROUND, SAVED = "price-currency", "price_list_round", "price_list_saved"
FIELDS = ("billing_type", "destination", *AMOUNTS)


def show_price_list(screen: Screen) -> None:
    """Lines of the price list; an editor for administrators."""
    t = screen.t
    st.caption(
        t(
            "The first matching price applies: a named billing type before any, then a country’s "
            "prefix before a destination, and a destination before any. An empty cell means “any”, "
            "or not charged. A price of 0 costs nothing; without a price a fax has no cost."
        )
    )
    with shown_errors():
        prices = screen.services.usage.price_list()
        if can("settings.change"):
            _edit(screen, prices)
        elif prices.prices:
            _show(screen, prices)
        else:
            st.info(t("There is no price yet."), icon=":material/payments:")


def _show(screen: Screen, prices: PriceList) -> None:
    t = screen.t
    titles = _titles(t, prices.currency)
    fields = [
        Field(name, titles[name], width="medium" if name == "billing_type" else None) for name in FIELDS
    ]
    show_table(screen, [_line(t, price) for price in prices.prices], fields, "price-list", height="content")


def _edit(screen: Screen, prices: PriceList) -> None:
    import pandas as pd

    t = screen.t
    if st.session_state.pop(SAVED, False):
        st.success(
            t("The price list is saved and applies to all costs from now on."), icon=":material/check:"
        )
    known = [row["key"] for row in screen.services.usage.usage(Filters(), "billing_type").rows if row["key"]]
    listed = [price.billing_type for price in prices.prices if price.billing_type]
    turn = st.session_state.get(ROUND, 0)
    with st.form(f"price-list-{turn}", border=True):
        currency = st.text_input(
            t("Currency (ISO 4217)"), prices.currency, max_chars=3, key=f"{CURRENCY}-{turn}", width=200
        )
        titles = _titles(t, prices.currency)
        configs: dict[str, Any] = {
            name: st.column_config.TextColumn(titles[name], width="small") for name in FIELDS
        }
        configs["billing_type"] = st.column_config.SelectboxColumn(
            titles["billing_type"], options=[*dict.fromkeys([*known, *listed])], width="medium"
        )
        configs["destination"] = st.column_config.TextColumn(
            titles["destination"],
            width="medium",
            help=t("Internal, National, International, or a country’s prefix such as +377."),
        )
        lines = [_line(t, price) for price in prices.prices]
        edited = st.data_editor(
            pd.DataFrame(lines, columns=list(FIELDS), dtype=object),
            column_config=configs,
            num_rows="dynamic",
            hide_index=True,
            key=f"price-lines-{turn}",
            placeholder="",
        )
        st.caption(
            t(
                "Destinations: Internal, National, International, or a country’s prefix such as +377. "
                "Amounts have at most six decimals."
            )
        )
        submitted = st.form_submit_button(t("Save the price list"), icon=":material/save:", type="primary")
    if submitted:
        with shown_errors():
            rows = [row for row in edited.to_dict("records") if any(_text(value) for value in row.values())]
            given = {"currency": currency, "prices": [_given(t, row) for row in rows]}
            screen.services.usage.save_price_list(given)
            st.session_state[ROUND] = turn + 1
            st.session_state[SAVED] = True
            st.rerun()


def _titles(t: Translator, currency: str) -> dict[str, str]:
    return {
        "billing_type": t("Billing type"),
        "destination": t("Destination"),
        "per_page": t("Per billed page, {currency}", currency=currency),
        "per_call": t("Per call, {currency}", currency=currency),
        "per_minute": t("Per minute, {currency}", currency=currency),
    }


def _line(t: Translator, price: Price) -> dict[str, str]:
    line = {name: value or "" for name, value in price.to_dict().items()}
    line["destination"] = destination_text(t, price.destination) if price.destination else ""
    for name in AMOUNTS:
        line[name] = line[name].replace(".", t.locale.csv.decimal_sign)
    return line


def _given(t: Translator, row: Mapping[Any, Any]) -> dict[str, str]:
    """A row of the editor as a line of the price list."""
    line = {name: _text(row.get(name)) for name in FIELDS}
    names = {destination_text(t, each).casefold(): each for each in CLASSES}
    destination = line["destination"]
    return line | {"destination": names.get(destination.casefold(), destination)}


def _text(value: Any) -> str:
    """Text of a cell; an empty one is None or, from pandas, NaN."""
    return "" if value is None or value != value else str(value).strip()
