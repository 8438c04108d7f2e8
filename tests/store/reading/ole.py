"""OLE container builder for tests: one stream in as few sectors as it takes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ole_container(name: str, stream: bytes, *, chain: Sequence[int] | None = None) -> bytes:
    """A container with this stream; `chain` replaces its FAT entries, to damage it."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % SECTOR)
    sectors = len(stream) // SECTOR
    fat_sectors = (sectors + 2) // 127 + 1
    # Directory first, then the stream, then the FAT.
    links = [END, *range(2, sectors + 1), END, *[FAT] * fat_sectors]
    if chain is not None:
        links[1 : 1 + len(chain)] = chain
    fat = struct.pack(f"<{len(links)}I", *links).ljust(fat_sectors * SECTOR, b"\xff")
    places = [sectors + 1 + at for at in range(fat_sectors)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(10) + struct.pack("<IIIIIIII", fat_sectors, 0, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", *[*places, *[FREE] * 109][:109])
    entries = _entry("Root Entry", 5, END, 0, child=1) + _entry(name, 2, 1, len(stream))
    return header + entries.ljust(SECTOR, b"\0") + stream + fat


def _entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, kind, 1, FREE, FREE, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of BIFF8."""
    return struct.pack("<HH", kind, len(content)) + content


def xls(sheets: Sequence[tuple[str, int, bytes]], shared: bytes = b"", texts: int = 0) -> bytes:
    """A workbook of sheets (name, 1 if hidden, records), with shared texts as they stand in the file."""
    bof = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6))
    sheet_bof = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6))
    names = [
        struct.pack("<BBBB", hidden, 0, len(name), 0) + name.encode("latin-1") for name, hidden, _ in sheets
    ]
    sst = record(0xFC, struct.pack("<II", texts, texts) + shared) if texts else b""
    at = len(bof) + sum(8 + len(name) for name in names) + len(sst) + 4
    globals_, bodies = bof, b""
    for name, (_, _, records) in zip(names, sheets, strict=True):
        globals_ += record(0x85, struct.pack("<I", at + len(bodies)) + name)
        bodies += sheet_bof + records + record(0x0A)
    return ole_container("Workbook", globals_ + sst + record(0x0A) + bodies)


def label(row: int, column: int, text: str) -> bytes:
    """A cell with its own text."""
    return record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode("latin-1"))


def number(row: int, column: int, value: float) -> bytes:
    """A cell with a number."""
    return record(0x203, struct.pack("<HHHd", row, column, 0, value))
