"""Slow receivers: limit of workers per receiver, and pauses."""

import datetime as dt

from faxcloud.services.slow_receivers import BREAK, SlowReceivers

NOW = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
QUICK_S, SLOW_S = 0.1, 3.0


def test_a_receiver_that_times_out_three_times_gets_one_message_a_minute_until_it_takes_one():
    slow = SlowReceivers(workers=9)
    for _ in range(2):
        slow.record("a", SLOW_S, NOW, is_failed=True)
    assert slow.to_skip(NOW) == frozenset()
    slow.record("a", SLOW_S, NOW, is_failed=True)
    assert slow.to_skip(NOW) == {"a"}
    assert slow.to_skip(NOW + BREAK) == frozenset()
    slow.record("a", SLOW_S, NOW + BREAK, is_failed=True)
    assert slow.to_skip(NOW + BREAK) == {"a"}
    slow.record("a", SLOW_S, NOW + 2 * BREAK, is_failed=False)
    assert slow.to_skip(NOW + 2 * BREAK) == frozenset()


def test_slow_receivers_take_no_more_than_their_share_of_the_workers():
    slow = SlowReceivers(workers=2)
    for name in "abc":
        slow.record(name, SLOW_S, NOW, is_failed=False)
    for name in "ab":
        slow.begin(name)
    assert slow.to_skip(NOW) == set("abc")
    slow.end("a")
    assert slow.to_skip(NOW) == frozenset()
    slow.record("c", QUICK_S, NOW, is_failed=False)
    slow.begin("a")
    assert slow.to_skip(NOW) == set("ab")
