"""Sample data command."""

from pathlib import Path

from tests.cli.conftest import Faxcloud


def test_a_sample_is_written_and_imports_as_its_making_says(faxcloud: Faxcloud, tmp_path: Path):
    told = faxcloud("sample", "--rows", "500", "-o", tmp_path / "a.csv", "--json").document
    result = faxcloud("import", tmp_path / "a.csv", "--json").document
    for key in ("sent", "received", "pages", "valid", "invalid"):
        assert result[key] == told.get(key, told["pages_sent"] + told["pages_received"])
    assert result["records"] == told["rows"] == 500


def test_the_same_seed_gives_the_same_file_and_another_seed_another(faxcloud: Faxcloud, tmp_path: Path):
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        words = ("sample", "--rows", "200", "--seed", seed, "-o", tmp_path / name)
        assert faxcloud(*words).code == 0
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_a_sample_that_cannot_be_written_is_refused(faxcloud: Faxcloud, tmp_path: Path):
    ran = faxcloud("sample", "--rows", "5", "-o", tmp_path / "nowhere" / "a.csv", "--json")
    assert ran.code == 1
    assert ran.document["error"]["code"] == "export.failed"


def test_the_bundled_sample_is_loaded_once_marked_and_removed(faxcloud: Faxcloud):
    assert faxcloud("sample", "--load-if-empty").code == 0
    [report] = faxcloud("reports", "list", "--json").document
    assert report["is_sample"] is True
    assert "(sample)" in faxcloud("reports", "list").out
    again = faxcloud("sample", "--load-if-empty", "--json")
    assert (again.code, again.document) == (0, None)
    assert faxcloud("sample", "--load").code == 1
    assert faxcloud("sample", "--remove", "--json").document == {"reports_deleted": 1}
    assert faxcloud("status", "--json").document["faxes"] == 0
    assert "no sample" in faxcloud("sample", "--remove").out
