"""Change lists of re-validations: the changed rows as Parquet files beside the lake, a folder per run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pac
import pyarrow.parquet as pq

from faxcloud.store.changes.row_changes import RowChange
from faxcloud.store.durability import fsync_folder, replacing

FOLDER = "_changes"
"""Below the lake's folder; Delta leaves alone what begins with an underscore."""


def path_of(lake: Path, run_id: str, name: str) -> Path:
    """Path for the changes of one file, by `COMMIT-NUMBER` within the run; the folder is created."""
    folder = lake / FOLDER / run_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.parquet"


def commits(lake: Path, run_id: str) -> set[int]:
    """Commits of a run that have a change list."""
    return {int(path.stem.partition("-")[0]) for path in (lake / FOLDER / run_id).glob("*-*.*")}


def discard(lake: Path, run_id: str, commit: int) -> None:
    """Remove the change list of a commit that did not land."""
    for path in (lake / FOLDER / run_id).glob(f"{commit:04d}-*.*"):
        path.unlink(missing_ok=True)


def read(lake: Path, run_id: str, limit: int | None = None) -> Generator[dict[str, Any]]:
    """Changed rows of a run in the order of its files; none for a run without changes."""
    left = limit
    for path in sorted((lake / FOLDER / run_id).glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                rows = batch.to_pylist()
                yield from rows if left is None else rows[:left]
                if left is not None:
                    left -= min(left, len(rows))
                    if left == 0:
                        return


def forget_report(lake: Path, report_id: str) -> None:
    """Remove a deleted report's rows from every run's list."""
    for path in _lists(lake):
        # A run at work may take its own list away at any moment: then it holds nothing to forget.
        with suppress(FileNotFoundError):
            rows = pq.read_table(path)
            kept = rows.filter(pac.not_equal(rows.column("report_id"), report_id))
            if kept.num_rows < rows.num_rows:
                _replace(path, kept)


def count_rows(lake: Path, change: RowChange) -> int:
    """Number of rows of all change lists that a change concerns."""
    return sum(pac.sum(change.concerned(pq.read_table(path))).as_py() or 0 for path in _lists(lake))


def change_rows(lake: Path, change: RowChange) -> int:
    """Apply a change to every run's list; returns how many rows it concerned. No run may be active."""
    changed = 0
    for path in _lists(lake):
        rows = pq.read_table(path)
        concerned = change.concerned(rows)
        if found := pac.sum(concerned).as_py():
            _replace(path, change.changed(rows, concerned))
            changed += found
    return changed


def _lists(lake: Path) -> list[Path]:
    return sorted((lake / FOLDER).glob("*/*.parquet"))


def _replace(path: Path, kept: pa.Table) -> None:
    if kept.num_rows:
        with replacing(path, unique=False) as part:
            pq.write_table(kept, part, compression="zstd")
    else:
        path.unlink()
    fsync_folder(path.parent)
