"""Sources of exports: built-in formats, the user's own, and trial reading."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.domain.sources.parser import parse_source
from faxcloud.errors import SourceFormatInvalid, SourceFormatNotFound
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.wiring import Services, build

HYLAFAX = """\
10/05/26 08:00;SEND;01;ttyS0;12;"";Lefort;"33465711000";"CSI";12;2;1:02;0:58;"";"";"";"";"a";""
10/16/26 09:00;RECV;02;ttyS0;f.tif;"";fax;"33261910100";"TSI";12;3;1:10;1:05;"";"N";"334";"";"";""
10/16/26 09:05;CALL;03;ttyS0;"";"";fax;"33261910100";"";0;0;0:10;0:05;"";"N";"334";"";"";""
""".replace(";", "\t")
ASTERISK_HEADER = (
    "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,"
    "disposition,amaflags,uniqueid,userfield\n"
)
ASTERISK = "".join(
    f'"acme","33261910100","33465711000","fax","""F"" <332>","SIP/1","SIP/2","{app}","/a.tif",'
    f'"2026-10-0{day} 08:00:00","2026-10-05 08:00:02","2026-10-05 08:01:00",60,58,'
    f'"ANSWERED","DOC","1.{day}",""\n'
    for day, app in ((5, "SendFAX"), (6, "Dial"), (7, "ReceiveFAX"))
)
OWN = """
name = "our-fax-server"
[columns]
mode = ["Direction"]
called_text = ["Remote station"]
pages = ["Sheets"]
sent_at = ["Started"]
[dates]
order = "mdy"
zone = "UTC"
[values.mode]
"OUT" = "SF"
"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with contextlib.closing(build(Settings(home=tmp_path / "store"))) as built, acting(SYSTEM):
        yield built


def imported(services: Services, path: Path, text: str, **options: str) -> tuple[dict[str, object], object]:
    path.write_text(text, "utf-8")
    result = services.imports.import_file(path, **options)  # type: ignore[arg-type]
    return dict(result.reading), result


def test_hylafax_log_is_read_by_position_and_calls_are_no_faxes(services: Services, tmp_path: Path) -> None:
    reading, result = imported(services, tmp_path / "xferfaxlog", HYLAFAX)
    assert (reading["source"], reading["source_reason"]) == ("hylafax", "positions")
    assert (result.imported, result.rejected, result.sent, result.pages) == (2, 1, 1, 5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("header", ["", ASTERISK_HEADER], ids=["without a header", "with a header"])
def test_asterisk_call_records_of_fax_applications_are_read(
    services: Services, tmp_path: Path, header: str
) -> None:
    reading, result = imported(services, tmp_path / "Master.csv", header + ASTERISK)
    assert reading["source"] == "asterisk"
    assert (result.imported, result.rejected, result.sent) == (2, 1, 1)  # type: ignore[attr-defined]
    assert result.violations == {"pages.missing": 2}  # type: ignore[attr-defined]


def test_own_source_in_the_folder_is_detected_and_can_be_chosen(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "store" / "sources"
    folder.mkdir(parents=True)
    (folder / "ours.toml").write_text(OWN, "utf-8")
    (folder / "broken.toml").write_text("name = 1", "utf-8")
    found = services.sources.list()
    assert next(iter(found.sources)) == "our-fax-server"
    assert list(found.errors) == ["broken.toml"]
    text = "Direction;Remote station;Sheets;Started\nOUT;33145221134;2;10/05/2026 08:00\n"
    reading, result = imported(services, tmp_path / "own.csv", text)
    assert (reading["source"], result.sent) == ("our-fax-server", 1)  # type: ignore[attr-defined]
    assert [notice["code"] for notice in result.notices] == ["dates.assumed"]  # type: ignore[attr-defined]
    with pytest.raises(SourceFormatNotFound):
        services.imports.import_file(tmp_path / "own.csv", source="none")


def test_trial_reading_stores_nothing(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "try.csv"
    path.write_text("Mode;Numéro appelé;Pages\nSF;33145221134;2\nTotal;;2\n", "utf-8")
    found = services.imports.try_file(path, source=None, dates=None)
    assert (found["records"], found["faxes"], found["rejected"]) == (2, 1, {"record.total": 1})
    assert services.maintenance.check() == []
    assert services.imports.import_file(path).imported == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = 'x'", "columns"),
        ("name = 'x'\n[columns]\nfoo = []", "columns.foo"),
        ("name = 'x'\n[positions]\nmode = 0", "positions.mode"),
        ("name = 'x'\n[columns]\nmode = ['M']\n[dates]\norder = 'ymd'", "order"),
        ("name = 'x'\nrequired = ['mode']\n[columns]\nmode = ['M']", "required"),
        ("name =", "TOML"),
    ],
)
def test_wrong_entry_of_a_source_is_named(text: str, reason: str) -> None:
    with pytest.raises(SourceFormatInvalid, match=reason):
        parse_source(text, "x.toml")
