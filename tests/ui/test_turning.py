"""Stale reruns: which browser messages reach Streamlit during a page change."""

import asyncio
from collections.abc import Sequence
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from faxcloud.ui.workarounds.stale_reruns import CurrentPage, Message, StaleReruns

OLD, NEW = "hash-of-old", "hash-of-new"


def asks(page: str, fragment: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.page_script_hash = page
    message.rerun_script.fragment_id = fragment
    return message.SerializeToString()


def begins(page: str, main: str = "") -> bytes:
    message = ForwardMsg()
    message.new_session.page_script_hash = page
    message.new_session.main_script_hash = main
    return message.SerializeToString()


def finds(page: str) -> bytes:
    message = ForwardMsg()
    message.navigation.page_script_hash = page
    return message.SerializeToString()


def on(page: str) -> CurrentPage:
    turn = CurrentPage()
    assert turn.takes(asks(""))  # a browser that arrives does not know
    turn.see(begins(page))
    return turn


def test_a_page_at_rest_is_answered():
    turn = on(OLD)
    assert turn.takes(asks(OLD, "tick"))
    assert turn.takes(asks(OLD))
    assert turn.takes(asks(OLD, "tick"))


def test_a_page_that_was_asked_for_by_its_name_is_answered():
    turn = CurrentPage()
    assert turn.takes(asks(""))
    turn.see(begins("hash-of-the-frame", main="hash-of-the-frame"))
    turn.see(finds(OLD))
    assert turn.takes(asks(OLD, "tick"))
    assert turn.takes(asks("hash-of-the-frame", "tick of a program that reads the first message alone"))
    assert turn.takes(asks(NEW))
    turn.see(begins(NEW))
    turn.see(finds(NEW))
    assert turn.takes(asks(NEW, "tick"))


def test_what_the_page_that_is_left_asks_is_dropped():
    turn = on(OLD)
    assert turn.takes(asks(NEW))
    assert not turn.takes(asks(OLD, "tick"))
    turn.see(begins(OLD))  # of a question before, still on its way
    assert not turn.takes(asks(OLD, "tick"))
    turn.see(begins(NEW))
    assert not turn.takes(asks(OLD, "tick"))
    assert turn.takes(asks(NEW, "tick"))


def test_a_script_may_turn_to_another_page_and_back():
    turn = on(OLD)
    turn.see(begins(NEW))
    assert not turn.takes(asks(OLD, "tick"))
    assert turn.takes(asks(NEW, "tick"))
    turn.see(begins(OLD))
    assert turn.takes(asks(OLD, "tick"))


def test_a_browser_that_comes_back_is_asked_nothing():
    assert CurrentPage().takes(asks(OLD, "tick"))


def test_what_is_no_message_is_left_to_streamlit():
    assert on(OLD).takes(b"\xff\xff")
    assert on(OLD).takes(BackMsg(load_git_info=True).SerializeToString())


def through(sent: Sequence[Message], path: str = "/_stcore/stream") -> list[Message]:
    """What an application behind it receives, which begins with the old page."""
    received: list[Message] = []
    waiting = list(sent)

    async def app(_scope: Message, receive: Any, send: Any) -> None:
        await send({"type": "websocket.send", "bytes": begins(OLD)})
        while (message := await receive())["type"] != "websocket.disconnect":
            received.append(message)

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect"}

    async def send(_message: Message) -> None:
        return None

    asyncio.run(StaleReruns(app)({"type": "websocket", "path": path}, receive, send))
    return received


def test_a_socket_gives_its_application_what_is_for_its_page():
    turn, late = (
        {"type": "websocket.receive", "bytes": asks(page, tick)} for page, tick in ((NEW, ""), (OLD, "t"))
    )
    words: Message = {"type": "websocket.receive", "text": "ping"}
    assert through([turn, late, words]) == [turn, words]
    assert through([turn, late, words], "/api/v3/stream") == [turn, late, words]
