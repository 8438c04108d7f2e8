"""Signed certificates of erasures: what was done, what was searched afterwards, and what is not covered."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faxcloud.config import Settings
from faxcloud.domain.erasing import Subject
from faxcloud.domain.pseudonyms import pseudonym
from faxcloud.errors import CatalogueUnavailable
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.keyfiles import secret_of
from faxcloud.store.records import reports
from faxcloud.store.records.certificates import backups_made, certify, list_certificates

FORMAT = 1

NOT_COVERED: Mapping[str, str] = {
    "backups": N_("Earlier backups: keep none longer than needed, and repeat the erasure after a restore."),
    "earlier_stores": N_("Data that a restore has set aside, in HOME/before-restore-…: delete it."),
    "source_files": N_("The imported files themselves, wherever they are stored."),
    "file_names": N_("Names of imported files that contain the name or number: delete these imports."),
    "copies": N_("Exports, downloads and other earlier copies."),
    "server_memory": N_("Caches of running servers: emptied when entries expire or the server restarts."),
    "database_log": N_("Earlier rows in the database file until the database cleans them up."),
}
"""What a certificate says that the erasure did not reach, by its code there."""


@dataclass(frozen=True, slots=True)
class ErasureSearch:
    """Search result after an erasure: what was found of the subject, and where it was searched for."""

    lake_version: int
    faxes_in_version: int
    faxes_in_files: int
    files_read: int
    rejects: int
    changes: int
    log_entries: int
    choices: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left except what the certificate says is not covered."""
        return not (self.faxes_in_files or self.rejects or self.changes or self.log_entries or self.choices)


class Certificates:
    """Writes, lists and verifies certificates.

    Each names its subject by a pseudonym of this installation alone.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue

    def mark(self, subject: Subject) -> dict[str, str]:
        """Pseudonym of a subject: with the key and a name one can check whether it was that subject.

        It differs from the pseudonyms of exports: a certificate must not reveal whose rows those were.
        """
        text = f"{subject.kind}:{subject.value}"
        return {"kind": subject.kind, "pseudonym": pseudonym(self._secret(), "s", text)}

    def write(
        self, conn: Connection, subject: Subject, done: Mapping[str, Any], remains: ErasureSearch
    ) -> dict[str, Any]:
        """Sign and store a certificate.

        Args:
            done: The tally of the erasure, as `store.records.certificates` keeps it.
        """
        now = utc_now()
        mark = self.mark(subject)
        certificate = {
            "format": FORMAT,
            "erasure_id": sortable_id(now),
            "created_at": now.isoformat(),
            "actor": current_actor().name,
            "subject": mark,
            "faxes_total": sum(done["faxes"].values()),
            "faxes": dict(sorted(done["faxes"].items())),
            "rejects": done.get("rejects", 0),
            "changes": done.get("changes", 0),
            "choices": done.get("choices", 0),
            "files_rewritten": done.get("files_rewritten", 0),
            "files_removed": done.get("files_removed", 0),
            "log_files_cleaned": done.get("log_files_cleaned", 0),
            "verification": asdict(remains),
            "not_covered": self._not_covered(conn, subject),
        }
        certificate["signature"] = self._signature(certificate)
        certify(conn, mark["pseudonym"], now, certificate)
        return certificate

    def all(self) -> list[dict[str, Any]]:
        """All certificates, newest first."""
        with self._catalogue.read() as conn:
            return list_certificates(conn)

    def is_genuine(self, certificate: Mapping[str, Any]) -> bool:
        """Whether this installation wrote a certificate, and nobody has changed it since."""
        signature = certificate.get("signature")
        unsigned = {name: value for name, value in certificate.items() if name != "signature"}
        return isinstance(signature, str) and hmac.compare_digest(
            self._signature(unsigned).encode(), signature.encode("utf-8", "surrogatepass")
        )

    def _not_covered(self, conn: Connection, subject: Subject) -> list[dict[str, Any]]:
        listed = reports.list_reports(conn)
        named = [report.report_id for report in listed if subject.is_quoted_in(report.file_name)]
        aside = sorted(path.name for path in self._settings.home.glob("before-restore-*"))
        found: dict[str, list[str]] = {
            "backups": [made.isoformat(timespec="seconds") for made in backups_made(conn)],
            "source_files": [],
            "copies": [],
            "server_memory": [],
        }
        if aside:
            found["earlier_stores"] = aside
        if named:
            found["file_names"] = named
        if self._catalogue.file is None:
            found["database_log"] = []
        return [{"what": what, "which": which} for what, which in found.items()]

    def _signature(self, certificate: Mapping[str, Any]) -> str:
        text = json.dumps(certificate, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hmac.digest(self._secret(), f"certificate|{text}".encode(), "sha256").hex()

    def _secret(self) -> bytes:
        place = self._settings.keys_folder
        try:
            return secret_of(place, "certificates")
        except (OSError, ValueError) as error:
            raise CatalogueUnavailable(reason=f"{place / 'certificates'}: {error}") from error
