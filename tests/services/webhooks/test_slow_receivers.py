"""Slow webhook receivers: limit of workers per receiver, and pauses."""

import datetime as dt

from faxcloud.services.webhooks.posting import Answer
from faxcloud.services.webhooks.slow_receivers import BREAK, SlowReceivers

NOW = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
QUICK, SLOW, TIMED_OUT = Answer(0.1, 200), Answer(3.0, 200), Answer(5.0, None, "no answer within 5 seconds")


def test_a_receiver_that_times_out_three_times_gets_one_message_a_minute_until_it_takes_one():
    slow = SlowReceivers(workers=9)
    for _ in range(2):
        slow.note("a", TIMED_OUT, NOW)
    assert slow.left_alone(NOW) == frozenset()
    slow.note("a", TIMED_OUT, NOW)
    assert slow.left_alone(NOW) == {"a"}
    assert slow.left_alone(NOW + BREAK) == frozenset()
    slow.note("a", TIMED_OUT, NOW + BREAK)
    assert slow.left_alone(NOW + BREAK) == {"a"}
    slow.note("a", SLOW, NOW + 2 * BREAK)
    assert slow.left_alone(NOW + 2 * BREAK) == frozenset()


def test_slow_receivers_take_no_more_than_their_share_of_the_workers():
    slow = SlowReceivers(workers=2)
    for name in "abc":
        slow.note(name, SLOW, NOW)
    for name in "ab":
        slow.begin(name)
    assert slow.left_alone(NOW) == set("abc")
    slow.end("a")
    assert slow.left_alone(NOW) == frozenset()
    slow.note("c", QUICK, NOW)
    slow.begin("a")
    assert slow.left_alone(NOW) == set("ab")
