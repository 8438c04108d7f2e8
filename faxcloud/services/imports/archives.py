"""Import of each file in a .zip: one report per member, and one refusal does not stop the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faxcloud.errors import CatalogueUnavailable, FaxCloudError
from faxcloud.services.imports.outcome import write_refusal
from faxcloud.services.imports.uploads import Uploads
from faxcloud.services.journal import Journal
from faxcloud.store.reading.archives import members_to_import, unpack
from faxcloud.store.reading.streams import Unpacking

if TYPE_CHECKING:
    from faxcloud.services.imports.importer import ImportResult

MOST_LAYERS = 2
"""A .zip inside of a .zip is opened, one inside of that is not."""

ImportOne = Callable[[Path, str], "ImportResult"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of one file, or of a member with the name `archive.zip/member.csv`: a result or an error."""

    name: str
    result: ImportResult | None = None
    error: FaxCloudError | None = None


class Archives:
    """Imports files, and each member of a .zip with several, by a function that imports one file."""

    def __init__(self, uploads: Uploads, unpacking: Unpacking, journal: Journal) -> None:
        self._uploads = uploads
        self._unpacking = unpacking
        self._journal = journal

    def outcomes(self, path: Path, name: str, import_one: ImportOne) -> Iterator[Outcome]:
        """Import a file or the members of an archive, one after the other.

        A member is unpacked when its turn comes, and removed after it. All members together may unpack to
        what one packed file may.

        Args:
            name: Name given by the user.
            import_one: Imports the file at a path under a name; its FaxCloudErrors become outcomes.
        """
        size = path.stat().st_size if path.is_file() else 0
        budget = _Budget(self._unpacking.most_bytes(size))
        yield from self._outcomes(path, name, import_one, budget, MOST_LAYERS)

    def _outcomes(
        self, path: Path, name: str, import_one: ImportOne, budget: _Budget, layers: int
    ) -> Iterator[Outcome]:
        members = members_to_import(path) if layers else []
        if not members:
            yield _outcome(path, name, import_one)
        for member in members:
            member_name = f"{name}/{member.filename}"
            with contextlib.ExitStack() as stack:
                try:
                    place = stack.enter_context(self._uploads.place(min(member.file_size, budget.left)))
                    budget.left -= unpack(path, member, place, member_name, budget.left)
                except FaxCloudError as error:
                    with contextlib.suppress(CatalogueUnavailable):  # the caller learns of the first error
                        write_refusal(self._journal, error)
                    yield Outcome(member_name, error=error)
                    continue
                yield from self._outcomes(place, member_name, import_one, budget, layers - 1)


@dataclass(slots=True)
class _Budget:
    """Bytes that may still be unpacked."""

    left: int


def _outcome(path: Path, name: str, import_one: ImportOne) -> Outcome:
    try:
        return Outcome(name, result=import_one(path, name))
    except FaxCloudError as error:
        return Outcome(name, error=error)
