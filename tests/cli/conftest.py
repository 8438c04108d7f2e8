"""Command line fixture: commands in this process, over a store of the test's own."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faxcloud.cli import run
from faxcloud.services.sample.export import write_sample

HEADER = "Fax ID;Mode;Numéro appelé;Nombre de page réel;Date et heure du fax;Nom et prénom utilisateur"


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout: one line and nothing else."""
        assert self.out.endswith("\n")
        return json.loads(self.out)


Faxcloud = Callable[..., Ran]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No FAXCLOUD_ variable but HOME, an English terminal, and a folder of its own to work in."""
    for variable in [name for name in os.environ if name.startswith("FAXCLOUD_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("FAXCLOUD_HOME", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def faxcloud(environment: Path, capsys: pytest.CaptureFixture[str]) -> Faxcloud:
    """Runs a command over an empty store."""

    def command(*args: object) -> Ran:
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return command


@pytest.fixture(scope="session")
def loaded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the file of `small_export` as its only report; tests only read it."""
    folder = tmp_path_factory.mktemp("loaded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAXCLOUD_HOME", str(folder / "store"))
        assert run(["import", str(small_export(folder)), "--contract", "C-7", "--json"]) == 0
    return folder / "store"


@pytest.fixture
def loaded(loaded_home: Path, faxcloud: Faxcloud, monkeypatch: pytest.MonkeyPatch) -> Faxcloud:
    """Runs a command over the loaded store."""
    monkeypatch.setenv("FAXCLOUD_HOME", str(loaded_home))
    return faxcloud


@pytest.fixture
def report_id(loaded: Faxcloud) -> str:
    """Of the only report in the loaded store."""
    [report] = loaded("reports", "list", "--json").document
    return str(report["report_id"])


def small_export(folder: Path, name: str = "octobre.csv") -> Path:
    """Six faxes whose every answer is known: 4 valid, one mobile number, one page count of zero."""
    lines = [
        HEADER,
        "1;SF;33145221134;2;05/10/2026 08:30;Accueil",
        "2;RF;33145221135;3;05/10/2026 09:00;Accueil",
        "3;RF;0145221136;1;06/10/2026 10:15;Bloc – nuit",
        "4;SF;33612345678;1;06/10/2026 11:00;Bloc – nuit",
        "5;SF;33145221138;0;07/10/2026 12:00;=HYPERLINK(1)",
        "6;RF;33145221139;4;08/10/2026 23:59;Martin Émile",
    ]
    path = folder / name
    path.write_bytes("\r\n".join([*lines, ""]).encode("cp1252"))
    return path


def sample_of(folder: Path, rows: int, name: str = "sample.csv") -> Path:
    """An invented export of any size."""
    return write_sample(folder / name, rows).path
