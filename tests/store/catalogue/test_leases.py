import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from faxcloud.errors import ValidationRunning
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.leases import HeldLease, Lease, acquire, holder, release, renew
from faxcloud.store.catalogue.owners import is_alive, this_process

NAME = "validation"
ELSEWHERE = "another-host|1|1.0"
NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
TOLD = "from faxcloud.store.catalogue.owners import this_process; print(this_process(), flush=True); input()"


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", TOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def owner_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def taken(lease: Lease) -> Exception:
    return ValidationRunning(run="r1", since=lease.heartbeat_at)


def test_one_owner_at_a_time_has_a_lease(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        assert acquire(conn, NAME, ELSEWHERE, 60)
        assert not acquire(conn, NAME, this_process(), 60)
        assert acquire(conn, "compaction", this_process(), 60)
        held = holder(conn, NAME)
    assert held is not None
    assert held.owner == ELSEWHERE
    assert held.expires_at - held.heartbeat_at == dt.timedelta(seconds=60)


def test_the_same_owner_may_ask_again(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        assert acquire(conn, NAME, ELSEWHERE, 60)
        assert acquire(conn, NAME, ELSEWHERE, 60)


def test_an_expired_lease_is_taken_over_and_its_old_owner_told(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        assert acquire(conn, NAME, ELSEWHERE, 0)
        assert acquire(conn, NAME, this_process(), 60)
        assert not renew(conn, NAME, ELSEWHERE, 60)
        assert not release(conn, NAME, ELSEWHERE)
        assert renew(conn, NAME, this_process(), 60)


def test_a_released_lease_is_free(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        assert acquire(conn, NAME, ELSEWHERE, 60)
        assert release(conn, NAME, ELSEWHERE)
        assert holder(conn, NAME) is None
        assert acquire(conn, NAME, this_process(), 60)


def test_the_lease_of_a_killed_process_is_taken_over_at_once(
    catalogue: Catalogue, other_process: subprocess.Popen[str]
) -> None:
    owner = owner_of(other_process)
    with catalogue.write() as conn:
        assert acquire(conn, NAME, owner, 3600)
        assert not acquire(conn, NAME, this_process(), 3600)
    other_process.kill()
    other_process.wait()
    with catalogue.write() as conn:
        assert acquire(conn, NAME, this_process(), 3600)


def test_a_held_lease_refuses_others_until_the_block_ends(catalogue: Catalogue) -> None:
    with HeldLease(catalogue, NAME, 60, taken) as lease:
        assert not lease.lost
        with (
            pytest.raises(ValidationRunning, match="r1"),
            HeldLease(catalogue, NAME, 60, taken),
        ):
            pytest.fail("two have the lease")
    with catalogue.read() as conn:
        assert holder(conn, NAME) is None
    with HeldLease(catalogue, NAME, 60, taken):
        pass


def test_a_held_lease_is_given_back_after_an_exception(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError), HeldLease(catalogue, NAME, 60, taken):
        raise KeyError
    with catalogue.read() as conn:
        assert holder(conn, NAME) is None


def test_a_held_lease_is_renewed_while_the_block_runs(catalogue: Catalogue) -> None:
    with HeldLease(catalogue, NAME, 0.3, taken):
        first = renewed_after(catalogue, None)
        assert renewed_after(catalogue, first) > first


def test_a_held_lease_that_was_taken_away_says_so_and_leaves_the_new_owner_alone(
    catalogue: Catalogue,
) -> None:
    with HeldLease(catalogue, NAME, 0.3, taken) as lease:
        with catalogue.write() as conn:
            release(conn, NAME, lease.owner)
            assert acquire(conn, NAME, ELSEWHERE, 60)
        assert lease.wait_until_lost(30)
        assert lease.lost
    with catalogue.read() as conn:
        held = holder(conn, NAME)
    assert held is not None
    assert held.owner == ELSEWHERE


def renewed_after(catalogue: Catalogue, earlier: dt.datetime | None) -> dt.datetime:
    """The first heartbeat that is later; reading is what takes the time."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with catalogue.read() as conn:
            held = holder(conn, NAME)
        assert held is not None
        if earlier is None or held.heartbeat_at > earlier:
            return held.heartbeat_at
    raise AssertionError("the lease was not renewed")


def test_this_process_is_alive_however_old_its_heartbeat() -> None:
    assert is_alive(this_process(), NOW - dt.timedelta(days=9), 60, NOW)
    assert is_alive(f"{this_process()}|thread", NOW - dt.timedelta(days=9), 60, NOW)


def test_a_process_of_this_host_that_ended_is_dead_however_new_its_heartbeat(
    other_process: subprocess.Popen[str],
) -> None:
    owner = owner_of(other_process)
    assert is_alive(owner, NOW, 60, NOW)
    other_process.kill()
    other_process.wait()
    assert not is_alive(owner, NOW, 60, NOW)


def test_a_process_that_was_killed_but_not_yet_waited_for_is_dead(
    other_process: subprocess.Popen[str],
) -> None:
    owner = owner_of(other_process)
    other_process.kill()
    assert other_process.stdout is not None
    assert other_process.stdout.read() == ""  # the end of its output is the end of the process
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, other_process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(owner, NOW, 60, NOW)


def test_another_process_with_the_same_pid_is_not_the_owner() -> None:
    host, pid, start = this_process().split("|")
    assert not is_alive(f"{host}|{pid}|{float(start) + 3600:.2f}", NOW, 60, NOW)


def test_the_heartbeat_decides_about_another_host() -> None:
    assert is_alive(ELSEWHERE, NOW - dt.timedelta(seconds=60), 60, NOW)
    assert not is_alive(ELSEWHERE, NOW - dt.timedelta(seconds=61), 60, NOW)


@pytest.mark.parametrize("owner", ["", "a person", "host|", "|1|1.0", "this process, spoilt"])
def test_an_owner_that_is_no_process_lives_by_its_heartbeat(owner: str) -> None:
    owner = owner.replace("this process, spoilt", f"{this_process()}x")
    assert is_alive(owner, NOW, 60, NOW)
    assert not is_alive(owner, NOW - dt.timedelta(seconds=61), 60, NOW)
