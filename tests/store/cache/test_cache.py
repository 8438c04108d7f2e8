"""Query cache: bounded, counted, and one computation for concurrent requests."""

import sys
import threading

import pyarrow as pa
import pytest

from faxcloud.store.cache.cache import Cache, Dependency
from faxcloud.store.queries.text_search import Match


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


def test_a_search_for_very_many_texts_is_a_large_answer() -> None:
    texts = [f"0{number} 02 03 04" for number in range(10_000)]
    cache = Cache()
    cache.get("a", lambda: Match((("list_contains($called, called_text)", {"called": texts}),), exact=False))
    assert cache.stats().bytes > sum(map(sys.getsizeof, texts))


def test_an_old_answer_is_made_again() -> None:
    cache = Cache(seconds={"": -1.0})
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


def test_an_answer_of_an_earlier_version_is_unreachable() -> None:
    cache = Cache()
    cache.get("faxes", lambda: 8, depends={"lake": 1, "ruleset": "a"})
    assert cache.get("faxes", lambda: 9, depends={"lake": 2, "ruleset": "a"}) == 9
    assert cache.get("faxes", lambda: 7, depends={"lake": 2, "ruleset": "b"}) == 7
    assert cache.get("faxes", lambda: 0, depends={"lake": 2, "ruleset": "a"}) == 9


def test_a_moved_dependency_invalidates_what_depends_on_it_and_nothing_else() -> None:
    cache = Cache()
    for name in ("totals", "by-user"):
        cache.get((name,), lambda: 1, depends={"lake": 1, "ruleset": "a"})
    cache.get(("match",), lambda: 1, depends={"ruleset": "a"})
    assert cache.stats().dependencies == {"lake": Dependency(2, 0, 0), "ruleset": Dependency(3, 0, 0)}
    cache.get(("totals",), lambda: 2, depends={"lake": 2, "ruleset": "a"})
    cache.get(("totals",), lambda: 2, depends={"lake": 1, "ruleset": "a"})  # a reader that began before
    assert cache.stats().dependencies == {"lake": Dependency(1, 1, 2), "ruleset": Dependency(4, 0, 0)}


def test_results_are_kept_by_kind() -> None:
    cache = Cache(seconds={"": 60.0, "match": -1.0})
    assert [cache.get(("match-x", 1), lambda n=n: n) for n in (1, 2)] == [1, 2]
    assert [cache.get(("totals", 1), lambda n=n: n) for n in (1, 2)] == [1, 1]


def test_an_answer_may_be_kept_for_less_than_the_others() -> None:
    cache = Cache()
    assert [cache.get("a", lambda: 1, ttl_s=-1.0), cache.get("a", lambda: 2, ttl_s=-1.0)] == [1, 2]
    assert [cache.get("b", lambda: 1, ttl_s=60.0), cache.get("b", lambda: 2, ttl_s=60.0)] == [1, 1]


def test_a_table_is_shared_and_not_copied() -> None:
    cache, table = Cache(), pa.table({"n": [1]})
    assert cache.get("a", lambda: table) is cache.get("a", lambda: pa.table({})) is table


def test_an_error_of_the_first_lets_the_second_ask() -> None:
    cache, in_first, asked = Cache(), threading.Event(), []

    def fails() -> None:
        in_first.set()
        asked.append("first")
        raise KeyError("gone")

    def first() -> None:
        with pytest.raises(KeyError, match="gone"):
            cache.get("a", fails)

    thread = threading.Thread(target=first)
    thread.start()
    assert in_first.wait(10)
    assert cache.get("a", lambda: "second") == "second"
    thread.join()
    assert asked == ["first"]
