"""Text tables: aligned and complete."""

import pytest

from faxcloud.cli.tables import Heading, fitted, show_facts, show_table, width


def test_numbers_end_and_texts_begin_under_each_other(capsys: pytest.CaptureFixture[str]):
    show_table((Heading("Rule"), Heading("Faxes", right=True)), [("pages.zero", "84"), ("mode", "1,046")])
    assert capsys.readouterr().out == "Rule        Faxes\npages.zero     84\nmode        1,046\n"


def test_nothing_is_cut_where_the_output_is_no_terminal(capsys: pytest.CaptureFixture[str]):
    show_table((Heading("File", shrinks=True),), [("x" * 500,)])
    assert "x" * 500 in capsys.readouterr().out


def test_only_free_text_shrinks_to_fit_a_terminal():
    headings = (Heading("Report"), Heading("File", shrinks=True))
    assert fitted([22, 90], headings, 80) == [22, 56]
    assert fitted([90, 22], headings, 80) == [90, 12]


def test_a_table_that_fits_is_left_alone():
    assert fitted([10, 20], (Heading("a"), Heading("b", shrinks=True)), 80) == [10, 20]


@pytest.mark.parametrize(("text", "columns"), [("été", 3), ("e\u0301", 1), ("日本", 4), ("", 0)])
def test_width_is_counted_as_a_terminal_does(text: str, columns: int):
    assert width(text) == columns


def test_what_could_steer_a_terminal_is_replaced(capsys: pytest.CaptureFixture[str]):
    show_facts([("File", "a\x1b[31mb\nc\u202ed\udcff")])
    assert capsys.readouterr().out == "File  a\ufffd[31mb\ufffdc\ufffdd\ufffd\n"
