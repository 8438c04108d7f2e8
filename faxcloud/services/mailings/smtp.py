"""SMTP sending: one mail per recipient, safe from header injection.

Recipients do not see each other's addresses. A password goes over an encrypted connection only, or to this
machine.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from faxcloud.config import EXPECTED
from faxcloud.errors import SettingInvalid
from faxcloud.i18n import N_, Language
from faxcloud.services.access.client_addresses import is_loopback

TIMEOUT_S = 20.0
"""For each answer of the server."""

LONGEST_DETAIL = 200
NOT_ASCII = "user name and password may hold ASCII characters only"
PORTS = {"smtps": 465, "smtp": 25}
SUBMISSION_PORT = 587
"""Where servers take mail from those who log in."""

_PERMANENT = range(500, 600)

REASONS = {
    "unreachable": N_("The mail server cannot be reached: {detail}"),
    "untrusted": N_("The mail server's certificate is not accepted: {detail}"),
    "login": N_("The mail server refused the login: {detail}"),
    "unencrypted": N_("The mail server offers no encryption, so the password was not sent."),
    "later": N_("The mail server asks to try again later: {detail}"),
    "refused": N_("The mail server refused the e-mail for good: {detail}"),
    "broken": N_("The mail server ended the connection: {detail}"),
    "maker": N_(
        "The person who created this scheduled e-mail no longer has access to FaxCloud, or "
        "no longer to this data."
    ),
    "unlisted": N_("The address is no longer on the list."),
    "unmade": N_("The e-mail could not be created: {detail}"),
    "interrupted": N_("Sending was interrupted every time."),
    "missed": N_("No server was running at that time. Only the most recent due e-mail was sent."),
}
"""Why a mail was not sent, by the code that is kept."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Attached file."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class MailContents:
    """Mail contents, the same for all recipients."""

    language: Language
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Reason why a mail was not sent.

    Attributes:
        code: Code from `REASONS`.
        detail: Answer of the server, on one line.
        is_permanent: Another attempt would fail as well.
        concerns_server: Every other mail would fail as well.
    """

    code: str
    detail: str = ""
    is_permanent: bool = False
    concerns_server: bool = False

    def kept(self) -> str:
        """Text for the catalogue."""
        return f"{self.code} {self.detail}".strip()


def message_of(
    contents: MailContents, sender: str, recipient: str, mail_id: str, at: dt.datetime
) -> EmailMessage:
    """MIME message of a mail.

    The same mail tried again has the same Message-ID, so that a recipient sees it once.

    Raises:
        ValueError: a header would hold a line break.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["Subject"] = contents.subject
    message["From"] = Address("FaxCloud", addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail_id}@{sender.rpartition('@')[2]}>"
    # No out-of-office notes in return (RFC 3834; the other is Microsoft's).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(contents.text, cte="quoted-printable")
    message.add_alternative(contents.html, subtype="html", cte="quoted-printable")
    for attachment in contents.attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.name)
    # After the parts: making them moves what begins with Content- into the first.
    message["Content-Language"] = contents.language
    return message


@dataclass(frozen=True, slots=True)
class MailServer:
    """SMTP server for outgoing mails."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_encrypted: bool = False
    sender: str = "faxcloud@localhost"
    timeout_s: float = TIMEOUT_S

    @classmethod
    def of(cls, url: str, sender: str, timeout_s: float = TIMEOUT_S) -> MailServer:
        """Parse `smtp://user:password@host:port` or `smtps://…`.

        Raises:
            SettingInvalid: the host is missing, or the port is invalid.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host:
            # Not quoted: it may hold a password.
            raise SettingInvalid(setting="FAXCLOUD_SMTP_URL", value="…", expected=EXPECTED["smtp_url"])
        default = SUBMISSION_PORT if parts.username and parts.scheme == "smtp" else PORTS[parts.scheme]
        return cls(
            host=host,
            port=port or default,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            is_encrypted=parts.scheme == "smtps",
            sender=sender,
            timeout_s=timeout_s,
        )

    def send(self, message: EmailMessage, recipient: str) -> Failure | None:
        """Send a mail once; None when the server has accepted it."""
        try:
            connection = self._connect()
        except smtplib.SMTPResponseException as error:
            return Failure("later", _said(error), concerns_server=True)
        except ssl.SSLError as error:
            return Failure("untrusted", _line(error), concerns_server=True)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:  # the last of a name that can be none
            return Failure("unreachable", _line(error), concerns_server=True)
        try:
            return self._log_in(connection) or self._hand_over(connection, message, recipient)
        finally:
            # What the server has taken is sent, however it says goodbye.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    @property
    def _is_local(self) -> bool:
        return self.host == "localhost" or is_loopback(self.host)

    def _connect(self) -> smtplib.SMTP:
        # Its own name would be looked up in the DNS, which may take long; the sender's domain is as good.
        name = self.sender.rpartition("@")[2]
        if self.is_encrypted:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=name, timeout=self.timeout_s, context=context
            )
        connection = smtplib.SMTP(self.host, self.port, local_hostname=name, timeout=self.timeout_s)
        try:
            connection.ehlo_or_helo_if_needed()
            if connection.has_extn("starttls"):
                connection.starttls(context=ssl.create_default_context())
                connection.ehlo()
        except BaseException:
            connection.close()
            raise
        return connection

    def _log_in(self, connection: smtplib.SMTP) -> Failure | None:
        if not self.user:
            return None
        if not isinstance(connection.sock, ssl.SSLSocket) and not self._is_local:
            return Failure("unencrypted", concerns_server=True)
        try:
            connection.login(self.user, self.password)
        except smtplib.SMTPResponseException as error:
            # Not for good: whoever mends the password wants what was held up by it.
            return Failure("login", _said(error), concerns_server=True)
        except UnicodeError:  # its own words would quote the password's letter
            return Failure("login", NOT_ASCII, concerns_server=True)
        except (smtplib.SMTPException, OSError) as error:
            return Failure("login", _line(error), concerns_server=True)
        return None

    def _hand_over(self, connection: smtplib.SMTP, message: EmailMessage, recipient: str) -> Failure | None:
        try:
            connection.send_message(message, self.sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            return _refusal(code, said)
        except smtplib.SMTPResponseException as error:  # the sender, or the message
            return _refusal(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            return Failure("broken", _line(error), concerns_server=True)
        return None


def _refusal(code: int, said: bytes | str) -> Failure:
    is_permanent = code in _PERMANENT
    detail = _line(f"{code} {_decoded(said)}")
    return Failure("refused" if is_permanent else "later", detail, is_permanent)


def _said(error: smtplib.SMTPResponseException) -> str:
    return _line(f"{error.smtp_code} {_decoded(error.smtp_error)}")


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _line(said: object) -> str:
    text = " ".join(str(said).split()) or type(said).__name__
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)[
        :LONGEST_DETAIL
    ]
