"""Background worker: calls, pauses, errors and stopping."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from faxcloud.errors import StoreBusy
from faxcloud.services.actors import SYSTEM, Actor, current_actor
from faxcloud.services.worker import Worker

HOUR_S = 3600.0


def calling(work: Callable[[int], object], enough: int) -> tuple[Callable[[], object], threading.Event]:
    """Task that gets the number of its call, and an event that is set after enough calls."""
    calls, done = [0], threading.Event()

    def task() -> object:
        calls[0] += 1
        try:
            return work(calls[0])
        finally:
            if calls[0] == enough:
                done.set()

    return task, done


def test_the_first_call_comes_at_once_and_others_after_the_interval():
    task, done = calling(lambda _: None, 3)
    with Worker("w", task, 0.001):
        assert done.wait(30)


def test_wake_ends_a_pause():
    task, done = calling(lambda _: None, 2)
    with Worker("w", task, HOUR_S) as worker:
        worker.wake()
        assert done.wait(30)


def test_a_task_with_more_to_do_is_called_again_without_a_pause():
    task, done = calling(lambda _: True, 50)
    with Worker("w", task, HOUR_S):
        assert done.wait(30)


def test_stopping_ends_a_pause_and_finishes_after_the_last_call():
    finished = threading.Event()
    task, done = calling(lambda _: None, 1)
    with Worker("w", task, HOUR_S, finish=finished.set) as worker:
        assert done.wait(30)
        assert not finished.is_set()
    assert finished.is_set()
    assert worker.is_stopping


def test_a_long_task_is_told_to_stop():
    began = threading.Event()

    def task() -> None:
        began.set()
        while not worker.is_stopping:
            worker._woken.wait(HOUR_S)

    worker = Worker("w", task, HOUR_S)
    with worker:
        assert began.wait(30)


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (StoreBusy(reason="a re-validation is running"), "worker w waits: "),
        (ZeroDivisionError("ours"), "worker w failed"),
    ],
)
def test_an_error_is_logged_and_the_task_called_again(
    error: Exception, logged: str, caplog: pytest.LogCaptureFixture
):
    def fail(call: int) -> None:
        if call == 1:
            raise error

    task, done = calling(fail, 2)
    with Worker("w", task, 0.001):
        assert done.wait(30)
    assert logged in caplog.text


@pytest.mark.parametrize("actor", [SYSTEM, Actor("inbox")])
def test_the_task_acts_as_the_actor(actor: Actor):
    found: list[Actor] = []
    task, done = calling(lambda _: found.append(current_actor()), 1)
    with Worker("w", task, HOUR_S, actor=actor):
        assert done.wait(30)
    assert found == [actor]
