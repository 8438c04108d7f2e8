"""Concurrent writers on one store: importers, re-validation, deletion and compaction, with readers."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from faxcloud.domain.filters import Filters
from tests.crash.forks import forks
from tests.domain import oracle
from tests.live_store import (
    assert_each_row_once,
    assert_verdicts_are_whole,
    log_entries,
    opened,
    some_rows,
    stored_rows,
    stray_files,
    write_export,
)

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]

FILES = 8


def valid_rows(rows, ruleset):
    return sum(oracle.verdict(row, ruleset)[0] == "" for row in rows)


def test_importers_a_revalidator_a_deleter_and_a_compaction_lose_nothing_and_double_nothing(tmp_path):
    home = tmp_path / "store"
    sources, paths = {}, {}

    def export(number: int) -> Path:
        rows = some_rows(50, seed=number)
        path = write_export(tmp_path / f"{number}.csv", rows)
        paths[path.name] = rows
        return path

    with opened(home) as services:
        kept, *doomed = [services.imports.import_file(export(100 + n)).report_id for n in range(4)]
    sources[kept] = paths["100.csv"]
    with forks() as parent, opened(home) as services:
        importers = [
            parent.start(home, "import_files", paths=[str(export(100 * k + n)) for n in range(FILES)])
            for k in (2, 3)
        ]
        rewriters = [
            parent.start(home, "validate_in_turns", turns=5, group_rows=120),
            parent.start(home, "compact_in_turns", turns=4),
        ]
        deleter = parent.start(home, "delete", reports=doomed)
        seen = []
        while not all(job.ends_within(0.02) for job in (*importers, *rewriters, deleter)):
            answer = services.summaries.summary(Filters(report=kept))
            seen.append((answer.version, answer.values["faxes"], answer.values["valid"]))
        answers = [job.answer() for job in (*importers, *rewriters, deleter)]
    assert [answer for answer in answers if answer is None or "error" in answer] == []
    for answer in answers[:2]:
        sources |= {report_id: paths[name] for report_id, name in answer["reports"].items()}
    assert len(sources) == 1 + 2 * FILES

    versions = [version for version, _, _ in seen]
    assert versions == sorted(versions)
    assert len(set(versions)) > 1
    whole = {valid_rows(sources[kept], ruleset) for ruleset in ("faxcloud-1", "faxcloud-3")}
    assert {faxes for _, faxes, _ in seen} == {50}
    assert {valid for _, _, valid in seen} <= whole

    rows = stored_rows(home)
    assert_each_row_once(rows, sources)
    assert_verdicts_are_whole(rows, sources)
    with opened(home) as services:
        services.maintenance.compact()
        assert services.maintenance.check() == []
        assert {report["state"] for report in services.reports.list()} == {"ready"}
        services.validation.run(ruleset="faxcloud-3")
        answer = services.summaries.summary(Filters())
    assert answer.values["valid"] == sum(valid_rows(rows, "faxcloud-3") for rows in sources.values())
    assert stray_files(home) == []
    transactions = Counter(entry["txn"]["appId"] for entry in log_entries(home) if "txn" in entry)
    assert set(transactions.values()) == {1}
