"""Start page: where the bare address leads, and which links do not redirect."""

from collections.abc import Callable

from faxcloud.services.actors import Actor, acting
from faxcloud.ui.running import Running
from tests.ui.conftest import ROOT, SMALL, Visit, metrics, texts

LOCAL = Actor("local")


def begin_at(shared: Running, page: str) -> None:
    with acting(LOCAL):
        shared.services.preferences.put("start_page", page)


def test_the_bare_address_leads_to_the_chosen_page_once_a_visit(
    shared: Running, load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    begin_at(shared, "explore")
    app = visit()
    assert app.title[0].value == "Explore"
    assert "5 faxes found" in texts(app)
    app.switch_page(str(ROOT / "pages" / "dashboard.py")).run()
    assert app.title[0].value == "Dashboard"


def test_a_start_page_saved_under_an_earlier_name_opens(shared: Running, visit: Visit):
    begin_at(shared, "reports")
    assert visit().title[0].value == "Imports"


def test_a_link_that_says_more_is_followed(shared: Running, load: Callable[..., str], visit: Visit):
    load(*SMALL)
    begin_at(shared, "explore")
    app = visit(mode="SF")
    assert app.title[0].value == "Dashboard"
    assert metrics(app)["Faxes"] == "2"


def test_the_start_page_may_be_a_view(shared: Running, load: Callable[..., str], visit: Visit):
    load(*SMALL)
    with acting(LOCAL):
        view = shared.services.views.save("Docteur", "explore", {"user": "Docteur"})
    begin_at(shared, f"view:{view.view_id}")
    app = visit()
    assert app.title[0].value == "Explore"
    assert "3 faxes found" in texts(app)


def test_a_start_page_that_is_gone_is_the_dashboard(shared: Running, load: Callable[..., str], visit: Visit):
    load(*SMALL)
    for start in ("view:view-000000000000", "nowhere", "admin/../admin"):
        begin_at(shared, start)
        app = visit()
        assert app.title[0].value == "Dashboard"
        assert not app.error
