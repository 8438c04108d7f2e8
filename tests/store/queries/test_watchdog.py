"""Query watchdog: one thread ends all queries that take too long."""

import threading

from faxcloud.store.queries.watchdog import Watchdog


def test_a_block_that_runs_too_long_is_barked_at_once():
    barked = threading.Semaphore(0)
    dog = Watchdog(0.01)
    with dog.watching(barked.release):
        assert barked.acquire(timeout=10)
        assert not barked.acquire(timeout=0.05)
    dog.close()


def test_a_block_left_in_time_is_left_alone_and_the_next_one_is_still_watched():
    early, late = threading.Event(), threading.Event()
    dog = Watchdog(0.05)
    for _ in range(100):
        with dog.watching(early.set):
            pass
    with dog.watching(late.set):
        assert late.wait(10)
    assert not early.is_set()
    dog.close()


def test_many_blocks_at_once_are_each_barked_at():
    dog = Watchdog(0.02)
    barked = [threading.Event() for _ in range(8)]

    def long(event: threading.Event) -> None:
        with dog.watching(event.set):
            assert event.wait(10)

    threads = [threading.Thread(target=long, args=(event,)) for event in barked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(event.is_set() for event in barked)
    dog.close()
