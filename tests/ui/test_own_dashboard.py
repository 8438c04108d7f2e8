"""Personal tiles and saved views: how they are drawn, and foreign or invalid ones."""

from collections.abc import Callable

from faxcloud.domain.boards import SIZES, Placed, Size
from faxcloud.services.actors import Actor, acting
from faxcloud.ui.dashboard.board import LINE, WIDTHS, known, lines
from faxcloud.ui.dashboard.registry import DEFAULT, TILES
from faxcloud.ui.running import Running
from tests.ui.conftest import HOSTILE_NAMES, SMALL, Visit, metrics, record, texts

LOCAL = Actor("local")


def keep(shared: Running, **choices: object) -> None:
    with acting(LOCAL):
        shared.services.preferences.put_all(choices)


def save(shared: Running, name: str, page: str, **params: str) -> str:
    with acting(LOCAL):
        return shared.services.views.save(name, page, params).view_id


def packed(*sizes: Size) -> list[list[Size]]:
    layout = [Placed(f"tile_{place}", size) for place, size in enumerate(sizes)]
    return [[placed.size for placed in line] for line in lines(layout)]


def test_tiles_stand_side_by_side_as_far_as_a_line_goes():
    assert packed() == []
    assert packed("half", "half", "full") == [["half", "half"], ["full"]]
    assert packed("third", "third", "third", "third") == [["third", "third", "third"], ["third"]]
    assert packed("third", "half", "half") == [["third", "half"], ["half"]]
    assert packed("half", "full", "half") == [["half"], ["full"], ["half"]]
    assert [sum(WIDTHS[placed.size] for placed in line) for line in lines(DEFAULT)] == [LINE] * 5


def test_every_tile_can_be_drawn_in_each_of_its_sizes(
    shared: Running, load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    for size in SIZES:
        layout = [{"tile": tile.name, "size": size} for tile in TILES.values() if size in tile.sizes]
        keep(shared, dashboard=layout)
        app = visit("dashboard", "en")
        assert not app.exception
        assert not app.error
        titles = {"rules": "Violations by rule", "numbers": "Numbers with the most invalid faxes"}
        assert all(title in texts(app) for title in titles.values())


def test_what_is_hidden_is_not_drawn(shared: Running, load: Callable[..., str], visit: Visit):
    load(*SMALL)
    keep(shared, dashboard=[{"tile": "rules"}])
    app = visit("dashboard", "en")
    assert metrics(app) == {}
    assert "Violations by rule" in texts(app)
    assert "Compliance over time" not in texts(app)
    assert len(app.get("plotly_chart")) == 1


def test_while_tiles_are_arranged_none_is_drawn_and_what_is_done_is_drawn_then(
    shared: Running, load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    app = visit("dashboard", "en")
    app.button(key="arrange").click().run()
    assert not app.get("plotly_chart")
    assert app.button(key="up-kpis").disabled
    assert app.button(key="down-imports").disabled
    app.button(key="hide-heat").click().run()
    app.button(key="down-kpis").click().run()
    app.toggle(key="low-imports").set_value(True).run()
    with acting(LOCAL):
        kept = shared.services.preferences.get("dashboard")
    assert [placed["tile"] for placed in kept] == ["timeline", "kpis", "rules", "users", "imports"]
    assert [placed["height"] for placed in kept] == ["whole"] * 4 + ["low"]
    app.button(key="arrange-done").click().run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 3
    app.button(key="arrange").click().run()
    app.button(key="arrange-reset").click().run()
    app.button(key="arrange-done").click().run()
    assert len(app.get("plotly_chart")) == 4


def test_unknown_tiles_are_dropped_and_unsupported_sizes_replaced(
    shared: Running, load: Callable[..., str], visit: Visit
):
    assert known([Placed("gone"), Placed("heat", "third", "low")]) == (Placed("heat", "full", "low"),)
    load(*SMALL)
    keep(shared, dashboard=[{"tile": "of_the_future"}])
    app = visit("dashboard", "fr")
    assert not app.exception
    assert not app.get("plotly_chart")
    assert app.button(key="arrange")


def test_a_view_of_a_link_chooses_its_filters_and_nothing_else(
    shared: Running, load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    view_id = save(shared, "Docteur, invalid", "dashboard", user="Docteur", status="invalid", grain="month")
    app = visit("dashboard", "en", view=view_id, mode="RF")
    assert metrics(app)["Faxes"] == "2"
    assert app.query_params["view"] == view_id
    assert "Docteur" not in str(app.query_params)
    assert app.session_state["grain"] == "month"
    app.button(key="chip-status").click().run()
    assert metrics(app)["Faxes"] == "3"
    assert "view" not in app.query_params


def test_a_view_that_there_is_not_is_said_and_the_page_is_drawn_all_the_same(
    load: Callable[..., str], visit: Visit
):
    load(*SMALL)
    app = visit("dashboard", "en", view="view-<script>alert(1)</script>")
    assert not app.exception
    assert "There is no view" in app.error[0].value
    assert metrics(app)["Faxes"] == "5"
    assert "view" not in app.query_params


def test_hostile_names_of_views_and_users_are_shown_as_text(
    shared: Running, load: Callable[..., str], visit: Visit
):
    load(*(record(str(number), user=name) for number, name in enumerate(HOSTILE_NAMES)))
    for number, name in enumerate(HOSTILE_NAMES[:3]):
        view_id = save(shared, name[:80], "dashboard", user=name)
        app = visit("dashboard", "en", view=view_id)
        assert not app.exception, number
        assert metrics(app)["Faxes"] == "1"
