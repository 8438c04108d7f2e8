"""Users and Usage pages: empty store, small store, hostile names, files, permissions."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from faxcloud.ui.running import Running
from faxcloud.ui.users.ranking import PERSON
from tests.ui.conftest import HOSTILE_NAMES, SMALL, Visit, metrics, record, texts

LANGUAGES = ("en", "fr")


def is_calm(app: AppTest) -> bool:
    return not app.exception and not app.error


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["users", "usage"])
def test_an_empty_store_invites(page: str, language: str, visit: Visit):
    app = visit(page, language)
    assert is_calm(app)
    assert {"en": "Nothing imported yet", "fr": "Rien n’est encore importé"}[language] in texts(app)


def test_without_a_price_nothing_costs_and_it_is_said(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("usage")
    assert is_calm(app)
    assert metrics(app)["Cost"] == "–"
    assert metrics(app)["Billed pages"] == "5.00"
    assert "There is no price yet" in texts(app)


def test_a_cost_is_shown_as_the_visitor_writes_it(load: Callable[..., str], visit: Visit, shared: Running):
    load(*SMALL)
    shared.services.usage.save_price_list({"prices": [{"billing_type": "Forfait", "per_call": "250.5"}]})
    assert metrics(visit("usage"))["Cost"] == "€1,252.50"
    assert next(iter(visit("usage", "fr").metric)).value == "1\u202f252,50\u00a0€"


def test_hostile_user_names_are_shown_as_text_in_ranking_and_details(load: Callable[..., str], visit: Visit):
    load(*(record(str(place), name) for place, name in enumerate(HOSTILE_NAMES)))
    assert is_calm(visit("usage"))
    app = visit("users")
    assert is_calm(app)
    for name in HOSTILE_NAMES:
        app.session_state[PERSON] = name.strip()
        app.run()
        assert is_calm(app), name[:40]
        assert metrics(app)["Faxes"] == "1", name[:40]


def test_a_download_is_generated_at_the_click_as_the_visitor(shared: Running):
    def script() -> None:
        import streamlit as st

        from faxcloud.services.actors import current_actor
        from faxcloud.ui.access import admit
        from faxcloud.ui.running import running
        from faxcloud.ui.widgets.files import by_the_visitor

        def make() -> bytes:
            return current_actor().name.encode()

        admit()
        made = by_the_visitor(make)
        st.text(made().decode())
        running().services.keys.create("first", "admin")  # from now on the local user is nobody
        st.text(made().decode())

    app = AppTest.from_function(script, default_timeout=60).run()
    assert is_calm(app)
    assert [element.value for element in app.text] == ["local", "nobody"]
    assert not shared.services.keys.is_open()
