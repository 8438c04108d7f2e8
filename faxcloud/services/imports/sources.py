"""Sources service: the built-in sources of exports and the user's own in HOME/sources."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faxcloud.domain.sources.format import SourceFormat
from faxcloud.domain.sources.parser import BUILTIN_SOURCES, builtin_sources, parse_source
from faxcloud.errors import FaxCloudError, SourceFormatInvalid, SourceFormatNotFound

LARGEST_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceList:
    """Sources and errors found.

    Attributes:
        sources: By name; the user's own first, since they are tried first.
        errors: Error of each unusable file of the user, by file name.
    """

    sources: Mapping[str, SourceFormat]
    errors: Mapping[str, FaxCloudError]


class Sources:
    """Sources service. It reads the user's folder anew each time: a corrected file counts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self) -> SourceList:
        """All sources, and the errors of broken files; a broken file hides no other."""
        own: dict[str, SourceFormat] = {}
        errors: dict[str, FaxCloudError] = {}
        for path in sorted(self._folder.glob("*.toml")) if self._folder.is_dir() else ():
            try:
                source = parse_source(read_source_file(path), path.name)
                if source.name in BUILTIN_SOURCES or source.name in own:
                    raise SourceFormatInvalid(source=source.name, reason="name: another source has it")
                _check_zone(source)
                own[source.name] = source
            except FaxCloudError as error:
                errors[path.name] = error
        return SourceList(own | {source.name: source for source in builtin_sources()}, errors)

    def get(self, name: str) -> SourceFormat:
        """Source by name.

        Raises:
            SourceFormatNotFound: there is none, or its file is broken.
        """
        sources = self.list().sources
        if name not in sources:
            raise SourceFormatNotFound(source=name, known=", ".join(sources))
        return sources[name]


def _check_zone(source: SourceFormat) -> None:
    try:
        if source.zone:
            zoneinfo.ZoneInfo(source.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise SourceFormatInvalid(
            source=source.name, reason="dates.zone: there is no such time zone"
        ) from None


def read_source_file(path: Path) -> str:
    """Text of a source's file.

    Raises:
        SourceFormatInvalid: it cannot be read, or is no UTF-8.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise SourceFormatInvalid(source=path.name, reason="the file is too large")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFormatInvalid(source=path.name, reason="the file cannot be read as UTF-8") from error
