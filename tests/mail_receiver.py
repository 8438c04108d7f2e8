"""SMTP server for tests: it accepts mails, refuses them, defers them or disconnects."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HANG_UP = "hang up"
PATIENCE_S = 30.0


@dataclass
class MailReceiver:
    """What came in, and what to answer to what comes next.

    Attributes:
        refused: What is answered to `RCPT TO` of an address, such as `550 no such reader`.
        answers: One for each mail to come, then `250`; `HANG_UP` ends the connection instead.
        logins: User names and passwords that were shown.
    """

    port: int
    refused: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    connections: int = 0
    _came: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def readers(self) -> list[str]:
        """Whom the mails went to, in the order in which they came."""
        return [reader for reader, _ in self.mails]

    def mail_to(self, reader: str) -> EmailMessage:
        """The only one to somebody."""
        [found] = [message for to, message in self.mails if to == reader]
        return found

    def wait_for(self, count: int) -> None:
        """Until so many mails have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.mails) >= count, PATIENCE_S), self.readers

    # aiosmtpd's names and signatures from here.

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == HANG_UP:
            assert server.transport is not None
            server.transport.close()
            return "421 bye"
        if answer.startswith("250"):
            message = email.message_from_bytes(cast(bytes, envelope.content), policy=email.policy.default)
            with self._came:
                self.was_encrypted.append(session.ssl is not None)
                self.mails += [(to, cast(EmailMessage, message)) for to in envelope.rcpt_tos]
                self._came.notify_all()
        return answer

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, shown: Any
    ) -> AuthResult:
        user, password = shown.login.decode(), shown.password.decode()
        self.logins.append((user, password))
        return AuthResult(success=password == "right", handled=False)


@contextlib.contextmanager
def receiving_mail(
    certificate: ssl.SSLContext | None = None, *, with_login: bool = False
) -> Iterator[MailReceiver]:
    """A server on a free port of 127.0.0.1; with a certificate it offers STARTTLS."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    receiver = MailReceiver(port)
    # Named, or aiosmtpd asks the name server who this machine is, for each connection.
    options: dict[str, Any] = {"tls_context": certificate, "server_hostname": "mail.test"}
    if with_login:
        options |= {"authenticator": receiver.authenticate, "auth_require_tls": False}
    controller = Controller(receiver, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """What a mail says, as text or as HTML."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def files_of(message: EmailMessage) -> dict[str, bytes]:
    """Its files, by name."""
    return {
        str(part.get_filename()): cast(bytes, part.get_payload(decode=True))
        for part in message.iter_attachments()
    }
