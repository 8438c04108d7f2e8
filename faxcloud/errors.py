"""Error tree: every error that FaxCloud raises on purpose. The faces map it to HTTP statuses and exit codes.

FaxCloudError
├── ImportRefused       EmptyFile, HeaderOnly, MissingColumns, AmbiguousColumns, TooManyColumns, NotATable,
│                       EncryptedWorkbook, OversizedWorkbook, UnreadableWorkbook, UnreadableArchive,
│                       OversizedArchive, ImportTooSlow, ImportCancelled, AlreadyImported, SourceChanged,
│                       ImportedElsewhere, SourceVanished, DiskFull, LedgerMismatch, ImportInterrupted
├── StoreError          ReportNotFound, ReportBusy, StoreBusy, FilesMoved, StoreTooNew, BackupInvalid,
│                       AuditUnreadable, CatalogueUnavailable (CatalogueDamaged, NotWritable),
│                       LakeUnavailable (LakeMissing, LakeDamaged, DataFileDamaged)
├── RulesError          RulesetNotFound, RulesetInvalid, ConditionRefused
├── ValidationError     ValidationRunning, RunNotFound, EngineUnavailable
├── QueryError          FilterInvalid, QueryTooSlow
├── SettingError        SettingUnknown, SettingInvalid, PriceListInvalid
├── AccessError         NotAllowed, KeyRequired, KeyRefused, KeyNotFound, KeyInvalid, Unprotected,
│                       HostRefused, CrossSite, LocalOnly, TooManyAttempts, OutOfScope
├── WebhookError        WebhookNotFound, DeliveryNotFound, WebhookDisabled, EventUnknown,
│                       DestinationRefused
├── AlertError          AlertRuleInvalid, AlertRuleNotFound, AlertNotFound, AlertIsResolved,
│                       ChannelInvalid, ChannelNotFound
├── RequestError        UploadInvalid, HeaderInvalid, KeyUsedOtherwise, RequestUnderway,
│                       ReportEditInvalid
├── ShareError          ShareGone, ShareInvalid, ShareNotFound
├── ViewError           ViewNotFound, ViewInvalid, TooManyViews, ViewsFileInvalid, PreferenceInvalid
├── MailingError        MailingNotFound, MailingInvalid, MailServerMissing, MakerGone
├── ServerError         ServerAway, ServerRefused, ServerUnproven
├── ExportFailed
├── ExportInterrupted
├── TooManyExports
└── FolderNotFound
"""

import functools
import string
from typing import Any, ClassVar

from faxcloud.i18n import N_, Translator, translator


class FaxCloudError(Exception):
    """Root of the error tree: a stable `code`, a `message` (what was wrong) and a `hint` (what to do).

    A subclass states its sentences once, in English, with `{named}` fields; it is raised with a keyword for
    each of them (and others, kept in `values` for whoever catches it). `{size:bytes}` shows `1.5 GB`.

    Raises:
        TypeError: a field has no value.
    """

    code: ClassVar[str] = "error"
    template: ClassVar[str] = N_("FaxCloud could not do this.")
    hint_template: ClassVar[str] = N_("The log has details.")
    marked_values: ClassVar[frozenset[str]] = frozenset({"looks_like", "reason", "expected"})
    """Values that may be sentences marked with `N_`, to be translated with the rest.

    `expected` may have `{named}` fields of its own, such as `{limit}`, filled from the same keywords.
    """

    def __init__(self, **values: object) -> None:
        if missing := self.fields() - values.keys():
            raise TypeError(f"{type(self).__name__} lacks {', '.join(sorted(missing))}")
        self.values = values
        self.message, self.hint = self.render(translator("en"))
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        # Errors cross processes; the default would hand the message over as a positional argument.
        return functools.partial(type(self), **self.values), ()

    @classmethod
    def fields(cls) -> set[str]:
        """Names of the fields in its sentences."""
        parts = (*string.Formatter().parse(cls.template), *string.Formatter().parse(cls.hint_template))
        return {name for _, name, _, _ in parts if name}

    def render(self, translate: Translator) -> tuple[str, str]:
        """Message and hint in the translator's language, numbers and dates included."""
        values = {
            name: translate(value, **self.values if name == "expected" else {})
            if name in self.marked_values and isinstance(value, str)
            else value
            for name, value in self.values.items()
        }
        return translate(self.template, **values), translate(self.hint_template, **values)


class ImportRefused(FaxCloudError):
    """Refused import: the file does not become a report, and nothing of it is stored."""

    code = "import.refused"
    template = N_("{file} was not imported.")
    hint_template = N_("Nothing was imported. Correct the file and import it again.")


class EmptyFile(ImportRefused):
    code = "import.empty_file"
    template = N_("{file} is empty.")
    hint_template = N_("Export it from the fax service again; the download may have been cut short.")


class HeaderOnly(ImportRefused):
    code = "import.header_only"
    template = N_("{file} has a header and no record under it.")
    hint_template = N_("Choose a period with faxes in the fax service and export again.")


class MissingColumns(ImportRefused):
    code = "import.missing_columns"
    template = N_("The file lacks the columns: {missing}. Found: {found}.")
    hint_template = N_(
        "Mode, called number and pages are required. Put their names in the first line, in any order."
    )


class AmbiguousColumns(ImportRefused):
    code = "import.ambiguous_columns"
    template = N_("The file has several columns for “{column}”: {headers}.")
    hint_template = N_("Keep one of them and import again.")


class TooManyColumns(ImportRefused):
    code = "import.too_many_columns"
    template = N_("The file has {columns} columns; at most {limit} are read.")
    hint_template = N_(
        "Check that this is an export of the fax service, and remove the columns that are not."
    )


class NotATable(ImportRefused):
    """File that is not a table; `looks_like` names what its first bytes suggest, such as “a PNG image”."""

    code = "import.not_a_table"
    template = N_("{file} is not a table: it looks like {looks_like}.")
    hint_template = N_(
        "Import CSV, XLSX, or one CSV inside .gz or .zip; renaming a file does not convert it."
    )


class EncryptedWorkbook(ImportRefused):
    code = "import.encrypted_workbook"
    template = N_("{file} is protected by a password.")
    hint_template = N_("Open it in Excel, remove the password, save, and import again.")


class OversizedWorkbook(ImportRefused):
    code = "import.oversized_workbook"
    template = N_("{file} unpacks to {unpacked:bytes}, more than the {limit:bytes} that are read.")
    hint_template = N_("Save the sheet as CSV and import that: CSV has no such limit.")


class UnreadableWorkbook(ImportRefused):
    code = "import.unreadable_workbook"
    template = N_("{file} is not a workbook that can be read: {reason}.")
    hint_template = N_("Open it in Excel, save it as .xlsx or CSV, and import that.")


class UnreadableArchive(ImportRefused):
    code = "import.unreadable_archive"
    template = N_("{file} is not an archive that can be read: {reason}.")
    hint_template = N_("Pack exactly one export, without a password, or import the file itself.")


class OversizedArchive(ImportRefused):
    code = "import.oversized_archive"
    template = N_("{file} unpacks to more than {limit:bytes}, which is too much for a file of its size.")
    hint_template = N_(
        "If it really is an export, unpack it and import the CSV itself, or raise "
        "FAXCLOUD_UNPACK_RATIO or FAXCLOUD_UNPACK_LIMIT."
    )


class ImportTooSlow(ImportRefused):
    code = "import.too_slow"
    template = N_("{file} was not read within {minutes} minutes, the limit for a file of its size.")
    hint_template = N_("Nothing was imported. Split the file, or import it when the machine is less busy.")


class ImportCancelled(ImportRefused):
    code = "import.cancelled"
    template = N_("The import of {file} was cancelled.")
    hint_template = N_("Nothing was imported; the file can be imported again.")


class AlreadyImported(ImportRefused):
    code = "import.already_imported"
    template = N_("{file} was imported already, on {imported_at}, as import {report_id}.")
    hint_template = N_("The content is identical. To count it twice on purpose, force the import.")


class ImportedElsewhere(ImportRefused):
    """Duplicate import; like `AlreadyImported`, for a key that may not see the other import."""

    code = "import.imported_elsewhere"
    template = N_("{file} was imported already, in an import that this key does not include.")
    hint_template = N_("The content is identical. Ask your administrator, or force the import.")


class SourceChanged(ImportRefused):
    code = "import.source_changed"
    template = N_("{file} changed while it was read.")
    hint_template = N_("Wait until whatever writes it has finished, then import it again.")


class SourceVanished(ImportRefused):
    code = "import.source_vanished"
    template = N_("{file} is not there, or was removed while it was read.")
    hint_template = N_("Check the path and the permissions, then import it again.")


class DiskFull(ImportRefused):
    code = "import.disk_full"
    template = N_("The disk is full: {needed:bytes} are needed, {free:bytes} are free.")
    hint_template = N_("Nothing was imported. Free some space, or move FAXCLOUD_HOME to a larger disk.")


class LedgerMismatch(ImportRefused):
    code = "import.ledger_mismatch"
    template = N_(
        "The file holds {records} records, but {imported} read, {rejected} rejected and {blank} blank "
        "do not add up to that."
    )
    hint_template = N_("Nothing was imported. Please report this with the file's first lines.")


class ImportInterrupted(ImportRefused):
    """Import process ended without an error message: killed, or out of memory."""

    code = "import.interrupted"
    template = N_("The import of {file} was interrupted.")
    hint_template = N_("Import it again. If it happens every time, the machine may lack memory.")


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


class LakeDamaged(LakeUnavailable):
    code = "store.lake_damaged"
    template = N_("The commit log of the faxes at {lake} is damaged: {reason}.")
    hint_template = N_("Restore a backup with `faxcloud database restore DIR --stopped`.")


class DataFileDamaged(LakeUnavailable):
    code = "store.data_file_damaged"
    template = N_("The data file {file} is damaged: {reason}.")
    hint_template = N_(
        "`faxcloud database check` names every damaged file and the imports in it. Restore a backup "
        "with `faxcloud database restore DIR`, or delete these imports and import their files again."
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


class AuditUnreadable(StoreError):
    code = "store.audit_unreadable"
    template = N_("The audit log's file cannot be read or written: {reason}.")
    hint_template = N_("Check the permissions of the folders logs and keys in FAXCLOUD_HOME, and the disk.")


class RulesError(FaxCloudError):
    """Unusable ruleset."""

    code = "rules.error"


class RulesetNotFound(RulesError):
    code = "rules.ruleset_not_found"
    template = N_("There is no ruleset “{ruleset}”. There are: {known}.")
    hint_template = N_("Choose one of these, or put your own as a .toml file into HOME/rulesets.")


class RulesetInvalid(RulesError):
    code = "rules.ruleset_invalid"
    template = N_("Ruleset “{ruleset}” cannot be used: {reason}.")
    hint_template = N_("Correct the file; `faxcloud rulesets check FILE` tests it.")


class ConditionRefused(RulesError):
    code = "rules.condition_refused"
    template = N_("The condition of “{rule}” is refused: {reason}.")
    hint_template = N_("Use only the columns of a fax and the functions in the documentation of rulesets.")


class ValidationError(FaxCloudError):
    """Re-validation that cannot start or be shown."""

    code = "validation.error"


class ValidationRunning(ValidationError):
    code = "validation.running"
    template = N_("Re-validation {run} has been running since {since}.")
    hint_template = N_("One runs at a time. Wait until it has finished, then try again.")


class RunNotFound(ValidationError):
    code = "validation.run_not_found"
    template = N_("There is no re-validation {run}.")
    hint_template = N_("`faxcloud validate runs` lists those that exist.")


class EngineUnavailable(ValidationError):
    code = "validation.engine_unavailable"
    template = N_("The engine “{engine}” is not available: {reason}.")
    hint_template = N_("Use the engine duckdb, or install what this one needs.")


class QueryError(FaxCloudError):
    """Query that cannot be answered."""

    code = "query.error"


class FilterInvalid(QueryError):
    """Invalid filter value; the caller masks `value` where it may be personal (a number, a name)."""

    code = "query.filter_invalid"
    template = N_("The filter {name} cannot be “{value}”: {expected} is expected.")
    hint_template = N_("Correct the value of {name}, or leave the filter out.")


class QueryTooSlow(QueryError):
    code = "query.too_slow"
    template = N_("The query took longer than {seconds} seconds and was stopped.")
    hint_template = N_("Choose a shorter period or fewer imports.")


class SettingError(FaxCloudError):
    """Invalid configuration: FaxCloud does not start with this environment."""

    code = "setting.error"


class SettingUnknown(SettingError):
    code = "setting.unknown"
    template = N_("There is no setting {setting}.")
    hint_template = N_("Did you mean {nearest}? Correct the name or remove the variable.")


class SettingInvalid(SettingError):
    """Invalid setting; `value` never holds a key or a password."""

    code = "setting.invalid"
    template = N_("{setting} cannot be “{value}”.")
    hint_template = N_("Expected: {expected}.")


class PriceListInvalid(SettingError):
    """Invalid price list; `line` counts from 1, and is 0 for what concerns the whole list."""

    code = "setting.price_list"
    template = N_("The price list cannot be used: line {line}, {field} “{value}”. {reason}")
    hint_template = N_("Nothing was changed. Correct the line and save the list again.")


class RequestError(FaxCloudError):
    """HTTP request that cannot be understood or repeated."""

    code = "request.error"


class UploadInvalid(RequestError):
    code = "request.upload_invalid"
    template = N_("The upload cannot be read: {reason}.")
    hint_template = N_("Send one file, as the request body or as the only part of multipart/form-data.")


class HeaderInvalid(RequestError):
    code = "request.header_invalid"
    template = N_("The header {name} cannot be used: {expected} is expected.")
    hint_template = N_("Correct it, or omit it.")


class KeyUsedOtherwise(RequestError):
    """Idempotency-Key used for a different request; the key is the client's own and not a secret."""

    code = "request.key_used_otherwise"
    template = N_("The Idempotency-Key {key} was used for a different request.")
    hint_template = N_("Use a new key for each request; repeat a key only to repeat its request.")


class RequestUnderway(RequestError):
    code = "request.underway"
    template = N_("The request with the Idempotency-Key {key} is still being processed.")
    hint_template = N_("Wait a little, then repeat it with the same key.")


class ReportEditInvalid(RequestError):
    """Invalid edit of a report; `name` is the field: `contract`, `start` or `end`."""

    code = "request.report_edit"
    template = N_("An import cannot have the {name} “{value}”.")
    hint_template = N_("Expected: {expected}. Nothing was changed.")


class ShareError(FaxCloudError):
    """Shared link that cannot be created or opened."""

    code = "share.error"


class ShareGone(ShareError):
    """Shared link that is unknown, expired or revoked. Never says which, nor whether it ever existed."""

    code = "share.gone"
    template = N_("This link is unknown, has expired or was revoked.")
    hint_template = N_("Ask the sender for a new one.")


class ShareInvalid(ShareError):
    code = "share.invalid"
    template = N_("A link cannot have the {name} “{value}”.")
    hint_template = N_("Expected: {expected}.")


class ShareNotFound(ShareError):
    code = "share.not_found"
    template = N_("There is no link {share_id}.")
    hint_template = N_("The list of links shows those that you may revoke.")


class ExportFailed(FaxCloudError):
    code = "export.failed"
    template = N_("The export to {target} was not completed: {reason}.")
    hint_template = N_(
        "No incomplete file was left. Check disk space and permissions there, then export again."
    )


class ExportInterrupted(FaxCloudError):
    code = "export.interrupted"
    template = N_("The export was broken off: its reader has gone.")
    hint_template = N_("Export again.")


class TooManyExports(FaxCloudError):
    """Export limit reached; `seconds` is when to retry."""

    code = "export.too_many"
    template = N_("{count} exports are under way, and none of them has ended in time.")
    hint_template = N_("Try again in {seconds} seconds.")


class FolderNotFound(FaxCloudError):
    code = "folder.not_found"
    template = N_("The folder {folder} does not exist, or cannot be read.")
    hint_template = N_("Create it, or name another one.")


class AccessError(FaxCloudError):
    """Access denied, or caller not authenticated."""

    code = "access.refused"


class NotAllowed(AccessError):
    code = "access.not_allowed"
    template = N_("The role {role} may not do this.")
    hint_template = N_("It takes a key with the role {needed}. Ask your administrator for one.")
    marked_values = frozenset({"role", "needed"})


class KeyRequired(AccessError):
    code = "access.key_required"
    template = N_("This needs a key.")
    hint_template = N_("Send it as X-API-Key or as Authorization: Bearer. An administrator creates keys.")


class KeyRefused(AccessError):
    """API key refused. Unknown, revoked and expired keys get the same answer, so trying reveals nothing."""

    code = "access.key_refused"
    template = N_("This key is not valid.")
    hint_template = N_("It may be mistyped, revoked or expired. Ask your administrator for a new one.")


class KeyNotFound(AccessError):
    code = "access.key_not_found"
    template = N_("There is no key {key_id}.")
    hint_template = N_("`faxcloud keys list` shows the ids of those that exist.")


class KeyInvalid(AccessError):
    code = "access.key_invalid"
    template = N_("The {name} of a key cannot be “{value}”: {expected} is expected.")
    hint_template = N_("Correct it and try again; no key was created.")


class HostRefused(AccessError):
    """Host header refused: a name that is not this server's, as in a DNS rebinding attack."""

    code = "access.host_refused"
    template = N_("This server does not have the name “{host}”.")
    hint_template = N_("An administrator adds host names to FAXCLOUD_HOSTS.")


class OutOfScope(AccessError):
    """Request outside the scope of a key that is limited to some reports or contracts."""

    code = "access.out_of_scope"
    template = N_("This key is limited to some imports, and this request concerns others too.")
    hint_template = N_("Ask for an import that it may see, or use a key without this limit.")


class CrossSite(AccessError):
    code = "access.cross_site"
    template = N_("Requests from another site are refused.")
    hint_template = N_("Open FaxCloud directly, or call the API from a program instead of a web page.")


class LocalOnly(AccessError):
    code = "access.local_only"
    template = N_("No key has been created yet, so FaxCloud only answers on its own machine.")
    hint_template = N_("Create a key there with `faxcloud keys create --role admin --name NAME`.")


class TooManyAttempts(AccessError):
    code = "access.too_many_attempts"
    template = N_("Too many wrong keys came from this address.")
    hint_template = N_("Wait {seconds} seconds, then try again.")


class Unprotected(AccessError):
    code = "access.unprotected"
    template = N_(
        "FaxCloud does not start on {address} without protection: everybody there could read the faxes."
    )
    hint_template = N_(
        "Set FAXCLOUD_ADMIN_KEY, or create an admin key with `faxcloud keys create --role admin "
        "--name NAME`, or stay on 127.0.0.1."
    )


class WebhookError(FaxCloudError):
    """Webhook that cannot be registered or used."""

    code = "webhook.error"


class WebhookNotFound(WebhookError):
    code = "webhook.not_found"
    template = N_("There is no webhook {webhook_id}.")
    hint_template = N_("It may have been deleted. `faxcloud webhooks list` shows those that exist.")


class DeliveryNotFound(WebhookError):
    code = "webhook.delivery_not_found"
    template = N_("There is no delivery {delivery_id}.")
    hint_template = N_("It may have been deleted with its webhook, or because of its age.")


class WebhookDisabled(WebhookError):
    code = "webhook.disabled"
    template = N_("Webhook {webhook_id} was disabled on {disabled_at}: {reason}.")
    hint_template = N_("Delete it, and register its URL again when messages are wanted there.")


class EventUnknown(WebhookError):
    code = "webhook.event_unknown"
    template = N_("There is no event “{event}”. There are: {known}.")
    hint_template = N_("Register the webhook for one of these.")


class DestinationRefused(WebhookError):
    """Webhook destination refused; only `host` of the URL is quoted, since the rest may hold a secret."""

    code = "webhook.destination_refused"
    template = N_("Webhooks are not sent to {host}: {reason}.")
    hint_template = N_(
        "Use a public https:// address, or have the administrator add the network to "
        "FAXCLOUD_WEBHOOK_NETWORKS."
    )


class ViewError(FaxCloudError):
    """Saved view or preference that cannot be stored or found."""

    code = "view.error"


class ViewNotFound(ViewError):
    """View not found: the same answer for another user's private view as for a deleted one."""

    code = "view.not_found"
    template = N_("There is no view {view_id} that you may open.")
    hint_template = N_("It may have been deleted, or its owner does not share it.")


class ViewInvalid(ViewError):
    code = "view.invalid"
    template = N_("The view was not saved: {reason}.")
    hint_template = N_("Nothing was changed. Correct it and save again.")


class TooManyViews(ViewError):
    code = "view.too_many"
    template = N_("There are {limit} views already, which is the maximum.")
    hint_template = N_("Delete those that are no longer needed.")


class ViewsFileInvalid(ViewError):
    """Invalid views file; `where` is a path into the file, such as `views[3].params`."""

    code = "view.file_invalid"
    template = N_("The file was not imported: {where}: {reason}.")
    hint_template = N_("Nothing was changed. Use a file that FaxCloud has exported.")


class PreferenceInvalid(ViewError):
    code = "view.preference_invalid"
    template = N_("The setting “{key}” was not saved: {reason}.")
    hint_template = N_("Nothing was changed. If this happens again, export your settings and reset them.")


class MailingError(FaxCloudError):
    """Scheduled mail that cannot be stored or sent."""

    code = "mailing.error"


class MailingNotFound(MailingError):
    code = "mailing.not_found"
    template = N_("There is no scheduled e-mail {mailing_id}.")
    hint_template = N_("It may have been deleted. The page Scheduled e-mails shows those that exist.")


class MailingInvalid(MailingError):
    """Invalid scheduled mail; `name` is the wrong part, such as the hour or a recipient."""

    code = "mailing.invalid"
    template = N_("The {name} of a scheduled e-mail cannot be “{value}”: {expected} is expected.")
    hint_template = N_("Nothing was changed. Correct it and save again.")
    marked_values = frozenset({"name", "expected"})


class MailServerMissing(MailingError):
    code = "mailing.no_server"
    template = N_("No mail server is configured, so nothing can be sent.")
    hint_template = N_("An administrator sets FAXCLOUD_SMTP_URL and restarts the server.")


class MakerGone(MailingError):
    """Owner of a schedule is gone. Scheduled work runs with the rights of its owner; `maker` is that actor's
    name.
    """

    code = "mailing.maker_gone"
    template = N_("{maker}, whose permissions are used to send this, no longer has access to FaxCloud.")
    hint_template = N_(
        "Another person with access opens it and saves it again: it is then sent with their permissions."
    )


class ServerError(FaxCloudError):
    """Running server that a command sent a request to and that failed."""

    code = "server.error"


class ServerAway(ServerError):
    code = "server.away"
    template = N_("No FaxCloud server answers at {url}.")
    hint_template = N_("Start it with `make run`, or give its address with `--url`.")


class ServerUnproven(ServerError):
    code = "server.unproven"
    template = N_(
        "What answers at {url} does not prove that it is the server of the store {home}: no key was sent."
    )
    hint_template = N_("Start the server anew, or give its address and the key with `--url` and `--key`.")


class ServerRefused(ServerError):
    code = "server.refused"
    template = N_("The server at {url} refused: {reason}")
    hint_template = N_("Give an administrator's key with `--key` or FAXCLOUD_ADMIN_KEY.")


class AlertError(FaxCloudError):
    """Invalid or missing alert, alert rule or channel."""

    code = "alert.error"


class AlertRuleInvalid(AlertError):
    """Invalid alert rule; `reason` says what is allowed. A personal value is not repeated."""

    code = "alert.rule_invalid"
    template = N_("In the alert rule, {field} cannot be “{value}”: {reason}.")
    hint_template = N_("Nothing was changed. Correct it and save again.")


class AlertRuleNotFound(AlertError):
    code = "alert.rule_not_found"
    template = N_("There is no alert rule {rule_id}.")
    hint_template = N_("It may have been deleted. The page Alerts shows those that exist.")


class AlertNotFound(AlertError):
    code = "alert.not_found"
    template = N_("There is no alert {alert_id}.")
    hint_template = N_("`faxcloud alerts list` shows those that exist.")


class AlertIsResolved(AlertError):
    code = "alert.is_resolved"
    template = N_("Alert {alert_id} is resolved already.")
    hint_template = N_("There is nothing left to do.")


class ChannelInvalid(AlertError):
    """Invalid channel; `reason` is one of our sentences. The address may hold a password: never quote it."""

    code = "channel.invalid"
    template = N_("The channel was not saved: {reason}.")
    hint_template = N_("Write its address as Apprise does, such as mailtos://user:password@example.org.")


class ChannelNotFound(AlertError):
    code = "channel.not_found"
    template = N_("There is no channel {channel_id}.")
    hint_template = N_("It may have been deleted. The page Alerts shows those that exist.")
