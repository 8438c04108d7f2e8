"""Errors of the store: catalogue, lake, audit log and backups."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class StoreError(FaxCloudError):
    """Error of the lake, the catalogue or the disk under them."""

    code = "store.error"


class ReportNotFound(StoreError):
    code = "store.report_not_found"
    template = N_("There is no import {report_id}.")
    hint_template = N_("It may have been deleted. The list of imports shows those that exist.")


class ReportBusy(StoreError):
    code = "store.report_busy"
    template = N_("Import {report_id} is {state}.")
    hint_template = N_("Wait until that has finished, then try again.")


class StoreBusy(StoreError):
    """Store in use by another process; `reason` names it."""

    code = "store.busy"
    template = N_("This has to wait: {reason}.")
    hint_template = N_("Wait until that has finished, then try again.")


class StoreInUse(StoreError):
    """Store that has to be used by nobody else; `users` are programs, each with process, host and start."""

    code = "store.in_use"
    template = N_("Other programs use this store: {users}.")
    hint_template = N_("Stop the application, watched folders and timers, then try again.")


class LakeUnavailable(StoreError):
    code = "store.lake_unavailable"
    template = N_("The faxes at {lake} cannot be read or written: {reason}.")
    hint_template = N_("Check FAXCLOUD_LAKE_URL, the permissions and the network.")


class LakeMissing(LakeUnavailable):
    code = "store.lake_missing"
    template = N_(
        "The faxes are missing: there is no fax storage at {lake}, but the catalogue lists imports."
    )
    hint_template = N_(
        "Mount the disk that the folder is on, or correct FAXCLOUD_LAKE_URL. If the folder is lost, restore "
        "a backup with `faxcloud database restore DIR --stopped`."
    )
    page_hint_template = N_("Ask the administrator to check the disk of the data, or to restore a backup.")


class LakeDamaged(LakeUnavailable):
    code = "store.lake_damaged"
    template = N_("The commit log of the faxes at {lake} is damaged: {reason}.")
    hint_template = N_("Restore a backup with `faxcloud database restore DIR --stopped`.")
    page_hint_template = N_("Ask the administrator to restore a backup.")


class DataFileDamaged(LakeUnavailable):
    code = "store.data_file_damaged"
    template = N_("The data file {file} is damaged: {reason}.")
    hint_template = N_(
        "`faxcloud database check` names every damaged file and the imports in it. Restore a backup "
        "with `faxcloud database restore DIR`, or delete these imports and import their files again."
    )
    page_hint_template = N_(
        "Ask the administrator to check the data and to restore a backup, or delete the damaged imports "
        "and import their files again."
    )


class FilesMoved(StoreError):
    """Commit conflict: another commit replaced the same files; the caller starts over."""

    code = "store.files_moved"
    template = N_("Another process has changed the same faxes at {lake} meanwhile.")
    hint_template = N_("Nothing was changed. Try again.")


class CatalogueUnavailable(StoreError):
    code = "store.catalogue_unavailable"
    template = N_("The catalogue cannot be opened: {reason}.")
    hint_template = N_(
        "Check FAXCLOUD_DATABASE_URL, that its server runs, and the permissions of FAXCLOUD_HOME."
    )


class CatalogueDamaged(CatalogueUnavailable):
    code = "store.catalogue_damaged"
    template = N_("The catalogue is damaged: {reason}.")
    hint_template = N_("Restore a backup with `faxcloud database restore DIR --stopped`.")
    page_hint_template = N_("Ask the administrator to restore a backup.")


class NotWritable(CatalogueUnavailable):
    code = "store.not_writable"
    template = N_("The store at {store} cannot be written: {reason}.")
    hint_template = N_(
        "What is stored can still be read. Free space on the disk or delete a report, or mount the disk so "
        "that it can be written, and try again."
    )


class StoreTooNew(StoreError):
    code = "store.too_new"
    template = N_("The store was written by a newer FaxCloud: its revision {found} is unknown to this one.")
    hint_template = N_("Install that version or a newer one, or restore an older backup.")


class BackupInvalid(StoreError):
    code = "store.backup_invalid"
    template = N_("{folder} is not a backup that can be restored: {reason}.")
    hint_template = N_("Choose a folder that `faxcloud database backup` has written completely.")
    page_hint_template = N_("Choose a folder that holds a complete backup.")


class AuditUnreadable(StoreError):
    code = "store.audit_unreadable"
    template = N_("The audit log's file cannot be read or written: {reason}.")
    hint_template = N_("Check the permissions of the folders logs and keys in FAXCLOUD_HOME, and the disk.")
