"""Request counters by endpoint, status and duration."""

from __future__ import annotations

import threading

from faxcloud.services.monitoring.traffic import BOUNDS_S, Traffic

HERE = "GET /api/v3/stats"


def counted(*seconds: float, status: int = 200) -> Traffic:
    traffic = Traffic()
    for each in seconds:
        traffic.began()
        traffic.ended(HERE, status, each)
    return traffic


def test_a_duration_falls_into_the_first_bound_that_holds_it() -> None:
    [(name, here)] = counted(0.004, 0.005, 0.006, 99.0).endpoints().items()
    assert name == HERE
    assert here.buckets == [2, 1, *[0] * (len(BOUNDS_S) - 2), 1]
    assert here.requests == 4
    assert here.seconds == 0.004 + 0.005 + 0.006 + 99.0


def test_a_share_of_the_answers_came_within_a_bound() -> None:
    here = counted(*[0.004] * 95, *[0.3] * 5).endpoints()[HERE]
    assert (here.within_s(0.5), here.within_s(0.95), here.within_s(0.99)) == (0.005, 0.005, 0.5)
    assert counted().total().within_s(0.5) is None
    assert counted(99.0).total().within_s(0.5) is None


def test_faults_are_the_servers_own() -> None:
    traffic = counted(0.1, status=503)
    traffic.began()
    traffic.ended(HERE, 404, 0.1)
    assert (traffic.total().requests, traffic.total().faults) == (2, 1)


def test_whoever_hangs_up_before_the_answer_is_not_answered() -> None:
    traffic = Traffic()
    traffic.began()
    assert traffic.open == 1
    traffic.ended(HERE, None, 0.1)
    assert (traffic.open, traffic.endpoints()) == (0, {})


def test_a_web_socket_has_no_duration() -> None:
    traffic = Traffic()
    traffic.began()
    traffic.ended("WS /api/v3/stream", 101, None)
    [socket] = traffic.endpoints().values()
    assert (socket.statuses, sum(socket.buckets)) == ({101: 1}, 0)


def test_threads_lose_no_request() -> None:
    traffic = Traffic()

    def ask() -> None:
        for _ in range(1_000):
            traffic.began()
            traffic.ended(HERE, 200, 0.001)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (traffic.total().requests, traffic.open) == (4_000, 0)
