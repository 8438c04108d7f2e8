"""Page changes in the browser while a timer of the previous page still fires."""

import time

from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from faxcloud.services.sample.export import SampleFacts
from tests.browser.conftest import Visit
from tests.browser.reading import figure, go_to
from tests.waiting import WAIT_S


def test_a_page_is_whole_though_the_one_before_asked_once_more(visit: Visit, sample: SampleFacts):
    page = visit("/help")
    asked: list[bytes] = []
    _sending_again(page, asked)
    page.goto(page.url.replace("/help", "/imports"))
    ends = time.monotonic() + WAIT_S
    while not asked:  # the page looks for new data every five seconds
        page.wait_for_timeout(50)
        assert time.monotonic() < ends, "the page does not look for new data"
    go_to(page, "Dashboard")
    expect(figure(page, "Pages")).to_have_text(f"{sample.pages:,}")
    expect(page.get_by_text("Violations by rule")).to_be_visible()


def _sending_again(page: Page, asked: list[bytes]) -> None:
    """What the page's timer asked last goes out again right behind the click that leaves it."""

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def send(data: str | bytes) -> None:
            server.send(data)
            message = BackMsg.FromString(data) if isinstance(data, bytes) else BackMsg()
            if message.rerun_script.fragment_id and isinstance(data, bytes):
                asked.append(data)
            elif asked and message.WhichOneof("type") == "rerun_script":
                server.send(asked[-1])

        socket.on_message(send)

    page.route_web_socket("**/_stcore/stream", between)
