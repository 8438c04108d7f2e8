"""Settings from environment variables: validated, and refused where a name is unknown.

Nothing is read at import. Each face calls `load_settings()` once at its start and passes the result on.
"""

import difflib
import ipaddress
import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from faxcloud.errors import SettingInvalid, SettingUnknown
from faxcloud.i18n import N_
from faxcloud.key_strength import LEAST_BITS, entropy_bits

PREFIX = "FAXCLOUD_"

CATALOGUE_SCHEMES = frozenset({"sqlite", "postgresql", "postgresql+psycopg"})
LAKE_SCHEMES = frozenset({"file", "s3", "s3a", "az", "abfs", "abfss", "gs"})
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})
SMTP_SCHEMES = frozenset({"smtp", "smtps"})

EXPECTED: dict[str, str] = {
    "home": N_("a folder"),
    "database_url": N_("a URL that begins with sqlite:/// or postgresql://"),
    "lake_url": N_("a folder, or a URL that begins with s3://, az://, abfss:// or gs://"),
    "redis_url": N_("a URL that begins with redis://, rediss:// or unix://"),
    "admin_key": N_("a secret without spaces that is hard to guess, such as 20 random letters and digits"),
    "inbox": N_("a folder"),
    "timezone": N_("a name of the IANA time zone database, such as Europe/Paris"),
    "rate_limit": N_("a number per second, minute, hour or day, such as 60/minute"),
    "wrong_keys": N_("a whole number from 1 to 1000000"),
    "cache_ttl": N_("seconds and kinds separated by commas, such as 3600 or 3600,match=60,usage=600"),
    "memory_limit": N_("a number and a unit, such as 2GB"),
    "unpack_ratio": N_("a whole number of at least 1, such as 200"),
    "unpack_limit": N_("a number and a unit, such as 16GB"),
    "hosts": N_("names separated by commas, such as fax.example.org"),
    "trusted_proxies": N_("addresses or networks separated by commas, such as 10.0.0.5 or 10.0.0.0/24"),
    "webhook_networks": N_("addresses or networks separated by commas, such as 10.0.0.5 or 10.0.0.0/24"),
    "role_rate_limits": N_("roles and rates separated by commas, such as viewer=30/minute,admin=600/minute"),
    "viewer_names": N_("hidden, initials or shown"),
    "audit_api": N_("a share from 0 to 1, such as 0.1"),
    "public_url": N_("an address that begins with https:// or http://, such as https://fax.example.org"),
    "smtp_url": N_(
        "a URL such as smtp://user:password@mail.example.org:587 (STARTTLS where offered) or smtps://…:465"
    ),
    "mail_from": N_("an e-mail address, such as faxcloud@example.org"),
    "log_format": N_("text or json"),
    "frame_ancestors": N_("sites separated by commas, such as https://intranet.example.org"),
}
"""What a setting's value may be, for the hint of `SettingInvalid` and for the documentation."""

CACHE_KINDS = (
    "by", "compliance", "count", "cube", "days", "heatmap", "hits", "hours", "match", "numbers", "rules",
    "timeline", "totals", "usage", "valid", "wrong",
)  # fmt: skip
"""Kinds of cached results: the first word of their keys."""

_SECONDS = re.compile(r"[1-9][0-9]{0,7}")
_RATE = re.compile(r"[1-9][0-9]*/(second|minute|hour|day)")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_PUBLIC = re.compile(r"https?://[a-z0-9.:\[\]-]+(/[\w./-]*)?", re.IGNORECASE | re.ASCII)
_SITE = re.compile(r"https?://[a-z0-9.*-]+(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_MAIL = re.compile(r"[^@\s<>,;]{1,64}@[a-z0-9.-]{1,255}", re.IGNORECASE | re.ASCII)
ROLES = ("viewer", "analyst", "admin")
"""Least first; what each may do stands in domain/roles.py."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MEMORY = re.compile(r"(?!0+(\.0+)?[^0-9.])[0-9]+(\.[0-9]+)? ?([KMGT]i?B)", re.IGNORECASE)


class Settings(BaseSettings):
    """Settings of an installation. Tests and embedders may construct it; the faces call `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )

    home: Path = Field(
        default=Path("data/store"), description=N_("Folder of all stored data: faxes, catalogue, rulesets.")
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=N_("The catalogue. Default: SQLite in HOME. PostgreSQL for several servers."),
    )
    lake_url: str | None = Field(
        default=None,
        description=N_(
            "The Delta table of the faxes. Default: HOME/lake. s3://…, az://… for several servers."
        ),
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description=N_(
            "A Redis for the cache and the limits of several servers. Default: the memory of each."
        ),
    )
    admin_key: SecretStr | None = Field(
        default=None, description=N_("The first administrator's key. Required on any address but loopback.")
    )
    inbox: Path | None = Field(
        default=None, description=N_("A folder watched for new exports. Default: none.")
    )
    timezone: str = Field(
        default="Europe/Paris", description=N_("The fax service's time zone: its days and hours.")
    )
    viewer_names: Literal["hidden", "initials", "shown"] = Field(
        default="initials", description=N_("What the role viewer sees of user names.")
    )
    rate_limit: str = Field(default="60/minute", description=N_("Rate limit of one client of the API."))
    wrong_keys: int = Field(
        default=10,
        ge=1,
        le=1_000_000,
        description=N_("Wrong keys of one beginning from one address in a minute; ten times as many in all."),
    )
    cache_ttl: str = Field(
        default="3600",
        description=N_("Seconds that query results are cached, for all and for some kinds of them."),
    )
    memory_limit: str | None = Field(
        default=None,
        description=N_("Memory for queries. Default: a share of the machine's."),
    )
    unpack_ratio: int = Field(
        default=200,
        ge=1,
        description=N_(
            "Maximum expansion of a compressed CSV, as a multiple of its size; up to 64 MB is always allowed."
        ),
    )
    unpack_limit: str = Field(default="16GB", description=N_("Maximum unpacked size of a compressed CSV."))
    hosts: str = Field(
        default="",
        description=N_("Host names of this server, besides localhost."),
    )
    trusted_proxies: str = Field(
        default="", description=N_("Proxies whose X-Forwarded-For header is trusted. Default: none.")
    )
    webhook_networks: str = Field(
        default="", description=N_("Private networks that webhooks may be sent to. Default: none.")
    )
    role_rate_limits: str = Field(
        default="", description=N_("Rate limits by role, instead of FAXCLOUD_RATE_LIMIT. Default: none.")
    )
    audit_api: float = Field(
        default=0.0,
        description=N_(
            "Share of the API's read requests that the audit log records; changes are always recorded."
        ),
    )
    public_url: str | None = Field(
        default=None,
        description=N_(
            "Address under which users reach this server: links in e-mails, alerts and QR "
            "codes begin with it."
        ),
    )
    smtp_url: SecretStr | None = Field(
        default=None, description=N_("The mail server for scheduled e-mails. Default: none.")
    )
    mail_from: str = Field(default="faxcloud@localhost", description=N_("The sender of scheduled e-mails."))
    log_format: str = Field(
        default="text", description=N_("Format of the server's log; json adds an access log.")
    )
    frame_ancestors: str = Field(
        default="", description=N_("Sites that may show the pages in a frame. Default: none.")
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        *_args: PydanticBaseSettingsSource,
        **_sources: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Accept only what is passed in; `load_settings` alone reads the environment."""
        return (init_settings,)

    @field_validator("home", "inbox")
    @classmethod
    def _is_folder(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        folder = value.expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise ValueError("not a folder")
        return folder

    @field_validator("database_url")
    @classmethod
    def _is_catalogue(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, CATALOGUE_SCHEMES)

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, REDIS_SCHEMES)

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, SMTP_SCHEMES)

    @field_validator("public_url")
    @classmethod
    def _is_public(cls, value: str | None) -> str | None:
        if value is not None and not _PUBLIC.fullmatch(value):
            raise ValueError("not an address")
        return value.rstrip("/") if value else None

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if not _MAIL.fullmatch(value):
            raise ValueError("not an e-mail address")
        return value

    @field_validator("lake_url")
    @classmethod
    def _is_lake(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if "://" not in value:
            return str(Path(value).expanduser().absolute())
        if value.partition("://")[0].lower() not in LAKE_SCHEMES or not value.partition("://")[2].strip("/"):
            raise ValueError("scheme")
        return value.rstrip("/")

    @field_validator("admin_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        secret = "" if value is None else value.get_secret_value()
        if value is not None and (re.search(r"\s", secret) or entropy_bits(secret) < LEAST_BITS):
            raise ValueError("easy to guess")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_timezone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (
            OSError,
            ValueError,
            zoneinfo.ZoneInfoNotFoundError,
        ) as error:  # a folder, a path, an unknown name
            raise ValueError("no such zone") from error
        return value

    @field_validator("rate_limit")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        if not _RATE.fullmatch(value):
            raise ValueError("not a rate")
        return value

    @field_validator("memory_limit", "unpack_limit")
    @classmethod
    def _is_memory(cls, value: str | None) -> str | None:
        if value is not None and not _MEMORY.fullmatch(value):
            raise ValueError("not an amount")
        return value

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: str) -> str:
        if not all(_HOST.fullmatch(name) for name in listed(value)):
            raise ValueError("not a host name")
        return value.lower()

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for network in listed(value):
            ipaddress.ip_network(network, strict=False)
        return value

    @field_validator("cache_ttl")
    @classmethod
    def _are_seconds(cls, value: str) -> str:
        for given in listed(value):
            kind, _, seconds = given.rpartition("=")
            if (kind and kind not in CACHE_KINDS) or not _SECONDS.fullmatch(seconds):
                raise ValueError("not a number of seconds, or not a kind")
        return value

    @field_validator("role_rate_limits")
    @classmethod
    def _are_role_rates(cls, value: str) -> str:
        for pair in listed(value):
            role, _, rate = pair.partition("=")
            if role not in ROLES or not _RATE.fullmatch(rate):
                raise ValueError("not a role and a rate")
        return value

    @field_validator("log_format")
    @classmethod
    def _is_log_format(cls, value: str) -> str:
        if value not in ("text", "json"):
            raise ValueError("not a format")
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _are_sites(cls, value: str) -> str:
        if not all(_SITE.fullmatch(site) for site in listed(value)):
            raise ValueError("not a site")
        return value

    @field_validator("audit_api")
    @classmethod
    def _is_share(cls, value: float) -> float:
        if not 0 <= value <= 1:
            raise ValueError("not a share")
        return value

    @property
    def host_names(self) -> tuple[str, ...]:
        """Host names of FAXCLOUD_HOSTS and FAXCLOUD_PUBLIC_URL, in lower case."""
        public = urlsplit(self.public_url or "").hostname
        return (*listed(self.hosts), *((public,) if public else ()))

    @property
    def public_path(self) -> str:
        """Path of FAXCLOUD_PUBLIC_URL, such as `/fax`; empty when FaxCloud has a host name of its own."""
        return urlsplit(self.public_url or "").path

    @property
    def framing_sites(self) -> tuple[str, ...]:
        """Sites of FAXCLOUD_FRAME_ANCESTORS."""
        return listed(self.frame_ancestors)

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """Networks of FAXCLOUD_TRUSTED_PROXIES."""
        return tuple(ipaddress.ip_network(part, strict=False) for part in listed(self.trusted_proxies))

    @property
    def allowed_webhook_networks(self) -> tuple[Network, ...]:
        """Networks of FAXCLOUD_WEBHOOK_NETWORKS."""
        return tuple(ipaddress.ip_network(part, strict=False) for part in listed(self.webhook_networks))

    @property
    def unpack_limit_bytes(self) -> int:
        """FAXCLOUD_UNPACK_LIMIT in bytes; `GB` is decimal, `GiB` binary."""
        number, unit = re.fullmatch(r"([0-9.]+) ?([A-Z]+)", self.unpack_limit.upper()).groups()  # type: ignore[union-attr]  # validated
        return int(float(number) * (1024 if "I" in unit else 1000) ** (" KMGT".index(unit[0])))

    @property
    def cache_seconds(self) -> dict[str, float]:
        """Cache lifetimes in seconds, by kind; `""` for the kinds that are not named."""
        given = [pair.rpartition("=") for pair in listed(self.cache_ttl)]
        return {"": 3600.0} | {kind: float(seconds) for kind, _, seconds in given}

    @property
    def rate_limit_by_role(self) -> dict[str, str]:
        """Rate limits of the roles that have one of their own."""
        return {pair.partition("=")[0]: pair.partition("=")[2] for pair in listed(self.role_rate_limits)}

    @property
    def catalogue_url(self) -> str:
        """SQLAlchemy URL of the catalogue. It may hold a password: do not log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.home / 'catalogue.sqlite').as_posix()}"

    @property
    def lake_uri(self) -> str:
        """Folder or URL of the Delta table."""
        return self.lake_url or str(self.home / "lake")

    @property
    def lake_is_local(self) -> bool:
        """Whether commits are local files that FaxCloud itself must fsync."""
        return "://" not in self.lake_uri or self.lake_uri.lower().startswith("file://")

    @property
    def rulesets_folder(self) -> Path:
        """Folder of the user's own rulesets."""
        return self.home / "rulesets"

    @property
    def sources_folder(self) -> Path:
        """Folder of the user's own sources of exports."""
        return self.home / "sources"

    @property
    def keys_folder(self) -> Path:
        """Folder of the installation's secrets, which sign sessions and the audit chain. Not in the
        catalogue.
        """
        return self.home / "keys"

    @property
    def uploads_folder(self) -> Path:
        """Folder of uploads in progress; empty when there is none."""
        return self.home / "uploads"

    @property
    def logs_folder(self) -> Path:
        """Folder of the logs of the server and of unattended commands."""
        return self.home / "logs"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Time zone of the fax service."""
        return zoneinfo.ZoneInfo(self.timezone)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """See `load_settings`."""
        known = {PREFIX + name.upper(): name for name in cls.model_fields}
        given: dict[str, str] = {}
        for variable, value in environ.items():
            if not variable.startswith(PREFIX):
                continue
            if variable not in known:
                nearest = difflib.get_close_matches(variable.upper(), known, n=1, cutoff=0.0)[0]
                raise SettingUnknown(setting=variable, nearest=nearest)
            if value.strip():
                given[known[variable]] = value.strip()
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            shown = _without_secrets(name, given.get(name, str(cls.model_fields[name].default)))
            # Not chained: pydantic's own error holds the value, and a traceback would print it.
            raise SettingInvalid(
                setting=PREFIX + name.upper(), value=shown, expected=EXPECTED[name]
            ) from None


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Load settings from an environment, by default this process's. An empty variable counts as absent.

    Raises:
        SettingUnknown: a FAXCLOUD_ variable is not a setting; names it and the nearest setting.
        SettingInvalid: a value cannot be used; names both, but no key and no password.
    """
    return Settings.from_environment(os.environ if environ is None else environ)


@dataclass(frozen=True)
class SettingHelp:
    """Row of the settings table, in English; translated where it is shown."""

    variable: str
    default: str
    description: str
    expected: str


def settings_help() -> tuple[SettingHelp, ...]:
    """Settings table of the documentation, one row per variable, in the order of `Settings`."""
    return tuple(
        SettingHelp(
            variable=PREFIX + name.upper(),
            default=field.default.as_posix()
            if isinstance(field.default, Path)
            else str("" if field.default is None else field.default),
            description=field.description or "",
            expected=EXPECTED[name],
        )
        for name, field in Settings.model_fields.items()
    )


def listed(value: str) -> tuple[str, ...]:
    """Items of a comma-separated setting, without blanks around them."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _with_scheme(value: SecretStr | None, schemes: frozenset[str]) -> SecretStr | None:
    if value is None:
        return None
    scheme, separator, rest = value.get_secret_value().partition("://")
    if scheme.lower() not in schemes or not separator or not rest.strip("/"):
        raise ValueError("scheme")
    return value


def _without_secrets(name: str, value: str) -> str:
    if name == "admin_key":
        return "…"
    # Anything after the scheme may hold a password, also where the @ is missing or in the wrong place.
    return re.sub(r"://.*", "://…", value) if "://" in value or not name.endswith("_url") else "…"
