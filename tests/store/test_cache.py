"""The cache is bounded, counts, and asks once."""

import threading

import pyarrow as pa
import pytest

from faxcloud.store.cache import Cache


def test_an_answer_is_made_once_and_counted() -> None:
    cache = Cache()
    assert [cache.get("a", lambda: 1), cache.get("a", lambda: 2)] == [1, 1]
    stats = cache.stats()
    assert (stats.hits, stats.misses, stats.evictions, stats.entries, stats.hit_rate) == (1, 1, 0, 1, 0.5)
    assert cache.clear() == 1
    assert cache.get("a", lambda: 2) == 2


def test_what_was_used_longest_ago_goes_first() -> None:
    cache = Cache(entries=2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda key=key: key)
    assert cache.get("a", lambda: "new") == "a"
    assert cache.get("b", lambda: "new") == "new"


def test_large_answers_make_room() -> None:
    table = pa.table({"n": list(range(10_000))})
    cache = Cache(bytes_=100_000)
    cache.get("a", lambda: table)
    cache.get("b", lambda: table)
    stats = cache.stats()
    assert (stats.entries, stats.evictions) == (1, 1)
    assert stats.bytes >= table.nbytes


def test_an_old_answer_is_made_again() -> None:
    cache = Cache(seconds=-1.0)
    assert [cache.get("a", lambda: 1), cache.get("a", lambda: 2)] == [1, 2]


def test_an_error_is_raised_and_not_kept() -> None:
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 1) == 1


def test_threads_that_ask_the_same_at_once_ask_once() -> None:
    cache, made, all_here = Cache(), [], threading.Barrier(4)

    def ask() -> None:
        all_here.wait()
        cache.get("a", lambda: made.append(1))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
