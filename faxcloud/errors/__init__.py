"""Error tree: every error that FaxCloud raises on purpose. The faces map it to HTTP statuses and exit codes.

FaxCloudError
├── ImportRefused       EmptyFile, HeaderOnly, MissingColumns, AmbiguousColumns, TooManyColumns,
│                       NotATable, EncryptedWorkbook, HiddenTable, OversizedWorkbook,
│                       UnreadableWorkbook, UnreadableArchive, OversizedArchive, ImportTooSlow,
│                       ImportCancelled, AlreadyImported, SourceChanged, ImportedElsewhere,
│                       DuplicatesStored, DuplicatesElsewhere, SourceVanished, DiskFull,
│                       LedgerMismatch, ImportInterrupted, SuffixNotAccepted
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

from faxcloud.errors.access import (
    AccessError,
    CrossSite,
    HostRefused,
    KeyInvalid,
    KeyNotFound,
    KeyRefused,
    KeyRequired,
    LocalOnly,
    NotAllowed,
    OutOfScope,
    TooManyAttempts,
    Unprotected,
)
from faxcloud.errors.alerts import (
    AlertError,
    AlertIsResolved,
    AlertNotFound,
    AlertRuleInvalid,
    AlertRuleNotFound,
    ChannelInvalid,
    ChannelNotFound,
)
from faxcloud.errors.exports import ExportFailed, ExportInterrupted, TooManyExports
from faxcloud.errors.imports import (
    AlreadyImported,
    AmbiguousColumns,
    DiskFull,
    DuplicatesElsewhere,
    DuplicatesStored,
    EmptyFile,
    EncryptedWorkbook,
    FolderNotFound,
    HeaderOnly,
    HiddenTable,
    ImportCancelled,
    ImportedElsewhere,
    ImportInterrupted,
    ImportRefused,
    ImportTooSlow,
    LedgerMismatch,
    MissingColumns,
    NotATable,
    OversizedArchive,
    OversizedWorkbook,
    SourceChanged,
    SourceVanished,
    SuffixNotAccepted,
    TooManyColumns,
    UnreadableArchive,
    UnreadableWorkbook,
)
from faxcloud.errors.mailings import (
    MailingError,
    MailingInvalid,
    MailingNotFound,
    MailServerMissing,
    MakerGone,
)
from faxcloud.errors.queries import FilterInvalid, QueryError, QueryTooSlow
from faxcloud.errors.requests import (
    HeaderInvalid,
    KeyUsedOtherwise,
    ReportEditInvalid,
    RequestError,
    RequestUnderway,
    UploadInvalid,
)
from faxcloud.errors.root import FaxCloudError
from faxcloud.errors.rulesets import ConditionRefused, RulesError, RulesetInvalid, RulesetNotFound
from faxcloud.errors.server import ServerAway, ServerError, ServerRefused, ServerUnproven
from faxcloud.errors.settings import PriceListInvalid, SettingError, SettingInvalid, SettingUnknown
from faxcloud.errors.shares import ShareError, ShareGone, ShareInvalid, ShareNotFound
from faxcloud.errors.store import (
    AuditUnreadable,
    BackupInvalid,
    CatalogueDamaged,
    CatalogueUnavailable,
    DataFileDamaged,
    FilesMoved,
    LakeDamaged,
    LakeMissing,
    LakeUnavailable,
    NotWritable,
    ReportBusy,
    ReportNotFound,
    StoreBusy,
    StoreError,
    StoreTooNew,
)
from faxcloud.errors.validation import EngineUnavailable, RunNotFound, ValidationError, ValidationRunning
from faxcloud.errors.views import (
    PreferenceInvalid,
    TooManyViews,
    ViewError,
    ViewInvalid,
    ViewNotFound,
    ViewsFileInvalid,
)
from faxcloud.errors.webhooks import (
    DeliveryNotFound,
    DestinationRefused,
    EventUnknown,
    WebhookDisabled,
    WebhookError,
    WebhookNotFound,
)

__all__ = [
    "AccessError",
    "AlertError",
    "AlertIsResolved",
    "AlertNotFound",
    "AlertRuleInvalid",
    "AlertRuleNotFound",
    "AlreadyImported",
    "AmbiguousColumns",
    "AuditUnreadable",
    "BackupInvalid",
    "CatalogueDamaged",
    "CatalogueUnavailable",
    "ChannelInvalid",
    "ChannelNotFound",
    "ConditionRefused",
    "CrossSite",
    "DataFileDamaged",
    "DeliveryNotFound",
    "DestinationRefused",
    "DiskFull",
    "DuplicatesElsewhere",
    "DuplicatesStored",
    "EmptyFile",
    "EncryptedWorkbook",
    "EngineUnavailable",
    "EventUnknown",
    "ExportFailed",
    "ExportInterrupted",
    "FaxCloudError",
    "FilesMoved",
    "FilterInvalid",
    "FolderNotFound",
    "HeaderInvalid",
    "HeaderOnly",
    "HiddenTable",
    "HostRefused",
    "ImportCancelled",
    "ImportInterrupted",
    "ImportRefused",
    "ImportTooSlow",
    "ImportedElsewhere",
    "KeyInvalid",
    "KeyNotFound",
    "KeyRefused",
    "KeyRequired",
    "KeyUsedOtherwise",
    "LakeDamaged",
    "LakeMissing",
    "LakeUnavailable",
    "LedgerMismatch",
    "LocalOnly",
    "MailServerMissing",
    "MailingError",
    "MailingInvalid",
    "MailingNotFound",
    "MakerGone",
    "MissingColumns",
    "NotATable",
    "NotAllowed",
    "NotWritable",
    "OutOfScope",
    "OversizedArchive",
    "OversizedWorkbook",
    "PreferenceInvalid",
    "PriceListInvalid",
    "QueryError",
    "QueryTooSlow",
    "ReportBusy",
    "ReportEditInvalid",
    "ReportNotFound",
    "RequestError",
    "RequestUnderway",
    "RulesError",
    "RulesetInvalid",
    "RulesetNotFound",
    "RunNotFound",
    "ServerAway",
    "ServerError",
    "ServerRefused",
    "ServerUnproven",
    "SettingError",
    "SettingInvalid",
    "SettingUnknown",
    "ShareError",
    "ShareGone",
    "ShareInvalid",
    "ShareNotFound",
    "SourceChanged",
    "SourceVanished",
    "StoreBusy",
    "StoreError",
    "StoreTooNew",
    "SuffixNotAccepted",
    "TooManyAttempts",
    "TooManyColumns",
    "TooManyExports",
    "TooManyViews",
    "Unprotected",
    "UnreadableArchive",
    "UnreadableWorkbook",
    "UploadInvalid",
    "ValidationError",
    "ValidationRunning",
    "ViewError",
    "ViewInvalid",
    "ViewNotFound",
    "ViewsFileInvalid",
    "WebhookDisabled",
    "WebhookError",
    "WebhookNotFound",
]
