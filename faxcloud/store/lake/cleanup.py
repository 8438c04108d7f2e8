"""Lake clean-up: remove old data files and the column statistics that the log stores of them.

A vacuum is not enough for an erasure: it leaves files that no commit has named, and the log's entries hold
the smallest and largest number and fax id of every file that there ever was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from faxcloud.errors import LakeUnavailable
from faxcloud.store.durability import fsync_folder, replacing
from faxcloud.store.lake.parquet import remove_files
from faxcloud.store.lake.table import Lake

_LOG = "_delta_log"


def data_files(lake: Lake) -> list[str]:
    """Names of all data files in the folder, of any version or none."""
    return sorted(path.name for path in lake.folder.glob("*.parquet"))


def remove_unreferenced(lake: Lake, protected: Callable[[], Sequence[str]]) -> int:
    """Remove every data file that the newest version does not name; returns how many.

    Earlier versions then cannot be read any more, and a query that has begun on one fails. Nobody else may be
    rewriting files.

    Args:
        protected: Returns the file name prefixes of current writers. Called between reading the
            folder and the version, so that a file is either protected or has been committed.

    Raises:
        LakeUnavailable: a file cannot be removed: it may be open, where the system forbids that (Windows).
    """
    present = data_files(lake)
    spared = tuple(protected())
    known = {file.path for file in lake.snapshot().files}
    gone = [name for name in present if name not in known and not name.startswith(spared or ("\0",))]
    try:
        remove_files(lake.folder, gone)
        fsync_folder(lake.folder)
    except OSError as error:
        raise LakeUnavailable(lake=str(lake.folder), reason=str(error)) from error
    return len(gone)


def forget_statistics(lake: Lake) -> int:
    """Remove statistics of deleted files from the log, its earlier checkpoints included; returns how many.

    Each entry is replaced by the same entry without the values: a concurrent reader of the log sees one or
    the other.

    Raises:
        LakeUnavailable: the log cannot be written.
    """
    known = {file.path for file in lake.snapshot().files}
    log = lake.folder / _LOG
    changed = 0
    try:
        lake.checkpoint()
        newest = json.loads((log / "_last_checkpoint").read_text("utf-8"))["version"]
        for path in log.glob("*.checkpoint*.parquet"):
            if int(path.name.partition(".")[0]) < newest:
                path.unlink()
                changed += 1
        for path in sorted(log.glob("*.json")):
            changed += _redacted(path, known)
        fsync_folder(log)
    except OSError as error:
        raise LakeUnavailable(lake=str(lake.folder), reason=str(error)) from error
    return changed


def quotes_in_log(lake: Lake, is_quoted: Callable[[str], bool]) -> int:
    """Values in the log's statistics for which `is_quoted` is true."""
    found = 0
    for path in sorted((lake.folder / _LOG).glob("*.json")):
        for line in path.read_text("utf-8").splitlines():
            statistics = json.loads(json.loads(line).get("add", {}).get("stats") or "{}")
            for kind in ("minValues", "maxValues"):
                texts = statistics.get(kind, {})
                found += sum(is_quoted(str(texts.get(name, ""))) for name in ("number", "fax_id"))
    return found


def _redacted(path: Path, known: set[str]) -> int:
    lines = path.read_text("utf-8").splitlines()
    redacted = [_without_quotes(line, known) for line in lines]
    if redacted == lines:
        return 0
    with replacing(path) as part:
        part.write_text("\n".join(redacted) + "\n", "utf-8")
    return 1


def _without_quotes(line: str, known: set[str]) -> str:
    action = json.loads(line)
    add = action.get("add")
    if add is None or add["path"] in known or not add.get("stats"):
        return line
    statistics = json.loads(add["stats"])
    if not statistics.get("minValues") and not statistics.get("maxValues"):
        return line
    # The number of rows stays: a version of the past can still be counted.
    add["stats"] = json.dumps({"numRecords": statistics["numRecords"]})
    return json.dumps(action, separators=(",", ":"), ensure_ascii=False)
