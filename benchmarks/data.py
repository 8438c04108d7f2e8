"""Benchmark data: generated exports and a store with one of them, created once and reused."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT, Answer, run, say

CP1252, UTF8 = "cp1252", "utf-8"

_DECIDES_SAMPLE = ("faxcloud/services/sample/*.py",)
_DECIDES_STORE = (
    *_DECIDES_SAMPLE,
    "faxcloud/store/**/*.py",
    "faxcloud/domain/**/*",
    "faxcloud/services/imports/importer.py",
)


@dataclass(frozen=True, slots=True)
class Bench:
    """Parameters of a benchmark.

    Attributes:
        rows: Rows of the large export, 10 million by default; `small_rows` is a tenth.
        rounds: How often each contender runs.
    """

    folder: Path
    rows: int
    small_rows: int
    rounds: int

    def export(self, rows: int, encoding: str = CP1252, seed: int = 3) -> Path:
        """Generated export; in another encoding, its twin."""
        name = f"export-{_fingerprint(_DECIDES_SAMPLE)}-{rows}-{seed}-{encoding}.csv"
        path = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            say(f"  writing {name}")
            run("benchmarks.data:write_export", path=path, rows=rows, encoding=encoding, seed=seed)
        return path

    def store(self, rows: int) -> Path:
        """Store (HOME) with such an export imported; read-only."""
        home = self.folder / f"store-{_fingerprint(_DECIDES_STORE)}-{rows}"
        if not home.exists():
            part = home.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            say(f"  importing {rows:,} rows")
            run("benchmarks.imports:faxcloud", file=self.export(rows), home=part)
            part.rename(home)
        return home

    def sqlite(self, rows: int) -> Path:
        """Rows of such a store in an SQLite database with indexes."""
        path = self.store(rows).with_suffix(".sqlite")
        if not path.exists():
            part = path.with_suffix(".part")
            _remove(part)
            say(f"  loading {rows:,} rows into SQLite")
            run("benchmarks.dashboard_rivals:load_sqlite", home=self.store(rows), database=part)
            part.rename(path)
        return path

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """Temporary path: it does not exist before the block and is removed after it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"scratch-{name}"
        _remove(path)
        try:
            yield path
        finally:
            _remove(path)

    @contextmanager
    def copy_of_store(self, rows: int) -> Iterator[Path]:
        """Copy of a store. Data files are hard-linked, since they are never changed in place."""
        with self.scratch("store") as home:
            shutil.copytree(self.store(rows), home, copy_function=_link_data)
            yield home


def write_export(path: str, rows: int, encoding: str, seed: int) -> Answer:
    """In the child process: write an export."""
    from benchmarks.child import Clock
    from faxcloud.services.sample.export import write_sample

    with Clock() as clock:
        facts = write_sample(Path(path), rows, seed, encoding=encoding)
    return clock.answer(rows=facts.rows, valid=facts.valid, violations=facts.violations)


def lake_files(home: Path) -> list[str]:
    """Data files of a store from which nothing was deleted."""
    return sorted(str(path) for path in (home / "lake").glob("*.parquet"))


def sql_list(files: list[str]) -> str:
    """List of texts in DuckDB's syntax."""
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"


def _link_data(source: str, target: str) -> object:
    return os.link(source, target) if source.endswith(".parquet") else shutil.copy2(source, target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _fingerprint(patterns: tuple[str, ...]) -> str:
    """Digest of the code that generates the data: data of older code is not reused."""
    digest = hashlib.sha256()
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    for path in sorted(path for path in found if path.suffix in (".py", ".toml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
