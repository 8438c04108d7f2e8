"""Page access: what each role sees."""

import threading
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from faxcloud.services.actors import SYSTEM, Actor, acting, current_actor
from faxcloud.ui.access import visitor
from faxcloud.ui.jobs import Jobs
from faxcloud.ui.running import Running
from tests.ui.conftest import HOSTILE_NAMES, SMALL, Visit, metrics, texts

Load = Callable[..., str]


@pytest.mark.parametrize("page", ["dashboard", "explore", "imports", "rules"])
def test_without_a_session_a_page_shows_an_invitation_and_nothing_else(
    page: str, shared: Running, load: Load, visit: Visit
):
    load(*SMALL)
    shared.services.keys.create("first", "admin")
    app = visit(page)
    assert [element.value for element in app.header] == ["Sign in"]
    assert metrics(app) == {}
    assert not app.exception
    assert not app.error
    assert not app.dataframe
    assert "Docteur" not in texts(app)
    assert "version" not in texts(app)


def test_a_page_that_was_open_closes_when_the_first_key_is_made(shared: Running, load: Load, visit: Visit):
    load(*SMALL)
    app = visit()
    assert metrics(app)
    shared.services.keys.create("first", "admin")
    app.run()
    assert [element.value for element in app.header] == ["Sign in"]
    assert metrics(app) == {}


def test_a_button_of_a_page_that_has_closed_does_nothing(shared: Running, load: Load, visit: Visit):
    load(*SMALL, is_sample=True)
    app = visit()
    shared.services.keys.create("first", "admin")
    app.button(key="remove-sample").click().run()
    assert shared.services.reports.has_sample()


def test_the_local_user_of_a_server_without_keys_sees_everything(load: Load, visit: Visit):
    load(*SMALL)
    assert metrics(visit())
    assert visit("explore").text_input(key="filter_q").disabled is False


def test_every_thread_of_a_page_has_the_visitor_as_actor(shared: Running):
    def script() -> None:
        import streamlit as st

        from faxcloud.services.actors import current_actor
        from faxcloud.ui.access import admit

        admit()
        st.text(current_actor().name)

    app = AppTest.from_function(script).run()
    assert app.text[0].value == "local"
    assert (visitor(), current_actor()) == (None, SYSTEM)


def test_a_background_job_has_the_actor_who_started_it():
    jobs, done = Jobs(), threading.Event()
    viewer = Actor("key:v", "viewer")

    def work(_report: object) -> Actor:
        actor = current_actor()
        done.set()
        return actor

    with acting(viewer):
        job = jobs.start("test", "x", work)
    assert done.wait(10)
    jobs.close()
    assert job.result == viewer


def test_names_of_keys_run_nothing(shared: Running, visit: Visit):
    for name in HOSTILE_NAMES:
        if name.isprintable() and len(name) <= 100:
            shared.services.keys.create(name, "viewer")
    assert not visit().exception
