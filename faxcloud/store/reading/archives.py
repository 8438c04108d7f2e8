"""Members of a .zip that holds several exports, unpacked one at a time within a limit."""

from __future__ import annotations

import zipfile
from pathlib import Path

from faxcloud.errors import OversizedArchive, UnreadableArchive
from faxcloud.i18n import N_
from faxcloud.store.reading.source import DAMAGED, OTHER_OFFICE, members_of
from faxcloud.store.reading.streams import Bounded

BLOCK_BYTES = 1 << 20
OFFICE_PARTS = ("xl/", "mimetype", *(part for part, _ in OTHER_OFFICE))


def members_to_import(path: Path) -> list[zipfile.ZipInfo]:
    """Files of a .zip that are imports of their own; none for anything that `open_export` reads itself.

    That is a file that is no .zip, a workbook, a damaged .zip, and one with a single file that is no .zip.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return []
        with zipfile.ZipFile(path) as archive:
            if any(name.startswith(OFFICE_PARTS) for name in archive.namelist()):
                return []
            members = members_of(archive)
    except DAMAGED:
        return []
    if len(members) == 1 and not members[0].filename.lower().endswith(".zip"):
        return []
    return members


def unpack(path: Path, member: zipfile.ZipInfo, target: Path, name: str, most_bytes: int) -> int:
    """Unpack a member; returns its size.

    Raises:
        OversizedArchive: it is larger than `most_bytes`.
        UnreadableArchive: it is damaged, or protected by a password.
    """
    if member.flag_bits & 1:
        raise UnreadableArchive(file=name, reason=N_("it is protected by a password"))
    if member.file_size > most_bytes:
        raise OversizedArchive(file=name, limit=most_bytes)
    size = 0
    with target.open("wb") as file:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as packed:
                content = Bounded(packed, name, most_bytes)
                while block := content.read(BLOCK_BYTES):
                    size += file.write(block)
        except DAMAGED as error:
            raise UnreadableArchive(
                file=name, reason=N_("it is damaged or protected by a password")
            ) from error
    return size
