"""CSV files: cells, dialects, chunks."""

import datetime as dt
from decimal import Decimal

from faxcloud.languages import LOCALES
from faxcloud.presentation.csv_files import ROWS_PER_CHUNK, csv_chunks, csv_file

ROW = ("+33", -1.5, Decimal("2.50"), 3, None, True, dt.date(2026, 10, 1), {"a": 1})


def test_cells_are_typed_and_no_text_is_evaluated():
    [title, row, end] = csv_file(("a", *"bcdefgh"), [ROW]).decode().split("\r\n")
    assert (title, end) == ("a,b,c,d,e,f,g,h", "")
    assert row == '"=""+33""",-1.5,2.50,3,,True,2026-10-01,"{""a"": 1}"'


def test_the_french_dialect_has_semicolons_decimal_commas_and_a_bom():
    file = csv_file(("a", "b"), [(-1.5, "1.5")], LOCALES["fr"].csv)
    assert file.decode() == "\ufeffa;b\r\n-1,5;1.5\r\n"


def test_a_long_file_comes_in_chunks_with_one_header():
    chunks = list(csv_chunks(("a",), ([number] for number in range(ROWS_PER_CHUNK * 2))))
    assert [chunk.count(b"\r\n") for chunk in chunks] == [ROWS_PER_CHUNK + 1, ROWS_PER_CHUNK]
    assert list(csv_chunks(("a",), [])) == [b"a\r\n"]
