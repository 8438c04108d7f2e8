"""Failure rates of `make flaky`."""

from pathlib import Path

import pytest

from tests import flaky


def test_a_test_that_fails_now_and_then_is_listed_with_its_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "test_two.py").write_text(
        "from pathlib import Path\n"
        "def test_sound(): pass\n"
        "def test_every_other_run():\n"
        f"    seen = Path({str(tmp_path / 'seen')!r})\n"
        "    if not seen.exists():\n"
        "        seen.touch()\n"
        "        raise AssertionError\n",
        "utf-8",
    )
    assert flaky.main(2, [str(tmp_path)]) == 1
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "   50%  1 of 2  test_two::test_every_other_run"
