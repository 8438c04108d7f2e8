"""Progress lines, with a controlled clock."""

import io
import itertools
import threading

import pytest

from faxcloud.cli.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_at(seconds: list[float]) -> None:
    clock = iter([0.0, *seconds])
    with ProgressLine(clock=lambda: next(clock), beat_s=None) as line:
        for second in seconds:
            line.show(lambda second=second: f"at {second}")


def test_what_takes_less_than_a_second_shows_nothing(monkeypatch: pytest.MonkeyPatch):
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    shown_at([0.2, 0.9])
    assert stderr.getvalue() == ""


def test_a_terminal_sees_one_line_that_changes_and_goes(monkeypatch: pytest.MonkeyPatch):
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    shown_at([1.0, 1.1, 1.3])
    assert stderr.getvalue() == "\rat 1.0\rat 1.3\r      \r"


def test_a_log_gets_a_line_every_few_seconds(capsys: pytest.CaptureFixture[str]):
    shown_at([1.0, 5.0, 9.0, 10.0])
    assert capsys.readouterr().err == "at 5.0\nat 10.0\n"


def test_progress_is_repeated_during_a_long_step(capsys: pytest.CaptureFixture[str]):
    now = [0.0]
    with ProgressLine(clock=lambda: now[0], beat_s=None) as line:
        line.show(lambda: "storing")
        for now[0] in (4.0, 5.0, 7.0, 10.0):
            line.beat()
    assert capsys.readouterr().err == "storing\nstoring\n"


def test_the_thread_that_says_it_ends_with_the_line(capsys: pytest.CaptureFixture[str]):
    ticks = itertools.count(step=5.0)  # every look at the clock is due
    before = threading.active_count()
    with ProgressLine(clock=lambda: next(ticks), beat_s=0.001) as line:
        line.show(lambda: "storing")
        said = capsys.readouterr().err
        while said.count("storing\n") < 3:
            said += capsys.readouterr().err
    assert threading.active_count() == before
    assert set(said.splitlines()) == {"storing"}
