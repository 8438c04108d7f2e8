"""Memory use of the reader: the same for a large file as for a small one."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.reading.exports import ROWS, csv_text

MEASURE = """
import resource, sys
from pathlib import Path
from faxcloud.store.reading import Unpacking, open_export
unit = 1 << 20 if sys.platform == "darwin" else 1024
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
before, rows = peak(), 0
export = open_export(Path(sys.argv[1]), unpacking=Unpacking(1_000, 1 << 40))
for raw in export.raw_segments():
    segment = export.parse(raw)
    rows += segment.table.num_rows
export.source.finish()
print(rows, peak() - before)
"""

HEADER, BLOCK = csv_text([]).encode("cp1252"), csv_text(ROWS * 4_000).split("\n", 1)[1].encode("cp1252")
BROKEN = BLOCK.replace(b"T\xe9l\xe9com Sant\xe9", b'"T\xe9l\xe9com\r\nSant\xe9"')


@pytest.mark.skipif(sys.platform == "win32", reason="there is no peak memory of a process here")
@pytest.mark.parametrize(
    ("kind", "blocks", "limit_mb"),
    [("plain", 300, 200), ("gz", 100, 200), ("line breaks within quotes", 40, 500)],
)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, kind: str, blocks: int, limit_mb: int) -> None:
    path = tmp_path / "large.csv"
    with gzip.open(path, "wb", 1) if kind == "gz" else path.open("wb") as file:
        file.write(HEADER)
        for _ in range(blocks):
            file.write(BROKEN if kind.startswith("line") else BLOCK)
    run = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300)
    rows, growth_mb = map(int, done.stdout.split())
    assert rows == blocks * 12_000
    assert growth_mb < limit_mb
