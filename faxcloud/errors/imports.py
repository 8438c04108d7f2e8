"""Errors of imports: a file or folder that is refused, and why."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


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


class ContradictoryDates(ImportRefused):
    """File whose dates need both orders; the examples are dates, nothing personal."""

    code = "import.contradictory_dates"
    template = N_(
        "The dates of {file} contradict each other: {day_first} can only be day/month, "
        "{month_first} only month/day."
    )
    hint_template = N_(
        "A spreadsheet with foreign settings has probably changed some of them. Export the file again "
        "without opening it in between, or say which order is right; dates in the other order then "
        "count as unreadable."
    )


class SwappedDates(ImportRefused):
    """Workbook in which a spreadsheet has swapped day and month of every date that allows it."""

    code = "import.swapped_dates"
    template = N_(
        "A spreadsheet with foreign settings has read the dates of {file}: {cells} dates whose day is at "
        "most 12 became dates, the {texts} others stayed texts."
    )
    hint_template = N_(
        "Day and month of the former are probably exchanged. Import the original CSV, or say which order "
        "the texts have: the dates are then put right."
    )


class NoFaxes(ImportRefused):
    """File in which no record is a fax."""

    code = "import.no_faxes"
    template = N_("None of the {records} records of {file} is a fax: {reasons}.")
    hint_template = N_("Compare one of its lines with the header, and export the file again.")


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
        "Import CSV, XLSX, XLSM, XLS or ODS, also inside .gz or .zip; renaming a file does not convert it."
    )


class SuffixNotAccepted(ImportRefused):
    """File in the watched folder whose name does not say that it is an export."""

    code = "import.suffix_not_accepted"
    template = N_("{file} is not read: its name does not end in {suffixes}.")
    hint_template = N_("Rename it if it is an export; otherwise remove it from the watched folder.")


class EncryptedWorkbook(ImportRefused):
    code = "import.encrypted_workbook"
    template = N_("{file} is protected by a password.")
    hint_template = N_("Open it in Excel, remove the password, save, and import again.")


class HiddenTable(ImportRefused):
    code = "import.hidden_table"
    template = N_("In {file}, only hidden sheets hold faxes: {sheets}.")
    hint_template = N_("Open it in Excel, unhide the sheet if it is the right one, save, and import again.")


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
    hint_template = N_("Pack the exports again without a password, or import the files themselves.")


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


class DuplicatesStored(ImportRefused):
    """Refused because of records that are stored already; `reports` names the imports that have them."""

    code = "import.duplicates"
    template = N_("{file} was not imported: {count} of its records are stored already, in {reports}.")
    hint_template = N_(
        "Import it with `skip` to leave these records out, or with `keep` to count them twice."
    )


class DuplicatesElsewhere(ImportRefused):
    """Like `DuplicatesStored`, for a key that may not see the other imports."""

    code = "import.duplicates_elsewhere"
    template = N_(
        "{file} was not imported: {count} of its records are stored already, in imports that this key does "
        "not include."
    )
    hint_template = N_("Import it with `skip` to leave these records out, or ask your administrator.")


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
        "The file holds {records} records, but {imported} read, {rejected} rejected, {blank} blank and "
        "{duplicate} duplicate do not add up to that."
    )
    hint_template = N_("Nothing was imported. Please report this with the file's first lines.")


class ImportInterrupted(ImportRefused):
    """Import process ended without an error message: killed, or out of memory."""

    code = "import.interrupted"
    template = N_("The import of {file} was interrupted.")
    hint_template = N_("Import it again. If it happens every time, the machine may lack memory.")


class FolderNotFound(FaxCloudError):
    code = "folder.not_found"
    template = N_("The folder {folder} does not exist, or cannot be read.")
    hint_template = N_("Create it, or name another one.")


class SourceFormatInvalid(ImportRefused):
    """Source file with a wrong entry."""

    code = "source.invalid"
    template = N_("The source {source} is not valid: {reason}.")
    hint_template = N_("Correct its TOML file; docs/sources.md describes every entry.")


class SourceFormatNotFound(ImportRefused):
    """Source name that is neither built in nor in the folder of sources."""

    code = "source.not_found"
    template = N_("There is no source {source}. Known: {known}.")
    hint_template = N_("Name one of these, or leave it out: the source is then detected.")
