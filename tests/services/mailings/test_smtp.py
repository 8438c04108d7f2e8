"""SMTP client: encryption where possible, no password in clear text, no header injection."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from faxcloud.errors import SettingInvalid
from faxcloud.services.mailings.smtp import (
    NOT_ASCII,
    Attachment,
    Failure,
    MailContents,
    MailServer,
    message_of,
)
from tests.mail_receiver import files_of, receiving_mail, text_of

AT = dt.datetime(2026, 3, 9, 7, tzinfo=dt.UTC)
READER = "ann@example.org"
LETTER = MailContents(
    "fr",
    "Été : 98,4 %",
    "Un\n.\nfax\n",
    "<p>Un fax</p>",
    (Attachment("a.pdf", "application/pdf", b"%PDF\x00\xff"),),
)


def send(server: MailServer, contents: MailContents = LETTER) -> Failure | None:
    return server.send(message_of(contents, "faxcloud@example.org", READER, "abc", AT), READER)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of a server at 127.0.0.1, that this process trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl was not found")
    paths = {name: str(tmp_path / f"{name}.pem") for name in ("key", "certificate")}
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", paths["key"], "-out", paths["certificate"]]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", paths["certificate"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths["certificate"], paths["key"])
    return context


def test_a_mail_arrives_whole():
    with receiving_mail() as receiver:
        assert send(MailServer.of(receiver.url, "faxcloud@example.org")) is None
    message = receiver.mail_to(READER)
    assert message["Subject"] == LETTER.subject
    assert message["From"] == "FaxCloud <faxcloud@example.org>"
    assert message["To"] == READER
    assert message["Message-ID"] == "<abc@example.org>"
    assert message["Date"].datetime == AT
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert text_of(message).replace("\r\n", "\n") == LETTER.text
    assert text_of(message, "html").strip() == LETTER.html
    assert files_of(message) == {"a.pdf": b"%PDF\x00\xff"}


@pytest.mark.parametrize("name", ["subject", "reader", "sender"])
def test_nothing_in_a_mail_forges_a_header(name: str):
    forged = "x\r\nBcc: eve@example.org"
    contents = MailContents("fr", forged if name == "subject" else "x", "x", "x")
    reader = f"{forged}@example.org" if name == "reader" else READER
    sender = f"{forged}@example.org" if name == "sender" else "faxcloud@example.org"
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own words differ from version to version
        message_of(contents, sender, reader, "abc", AT)


def test_where_starttls_is_offered_it_is_taken_before_the_password(certificate: ssl.SSLContext):
    with receiving_mail(certificate, with_login=True) as receiver:
        server = MailServer.of(f"smtp://us%40er:right@127.0.0.1:{receiver.port}", "f@example.org")
        assert send(server) is None
    assert receiver.was_encrypted == [True]
    assert receiver.logins == [("us@er", "right")]


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSL_CERT_FILE")
    with receiving_mail(certificate, with_login=True) as receiver:
        failure = send(MailServer.of(f"smtp://user:right@127.0.0.1:{receiver.port}", "f@example.org"))
    assert failure is not None
    assert (failure.code, failure.is_permanent, failure.concerns_server) == ("untrusted", False, True)
    assert receiver.logins == []


def test_a_password_does_not_cross_a_network_in_the_clear():
    with receiving_mail(with_login=True) as receiver:
        # The same machine, by a text that is no address of its own as anybody reads it.
        failure = send(MailServer("127.1", receiver.port, "user", "right"))
    assert failure == Failure("unencrypted", concerns_server=True)
    assert receiver.logins == []


def test_a_wrong_password_is_said_and_nothing_is_lost_by_it():
    with receiving_mail(with_login=True) as receiver:
        failure = send(MailServer.of(f"smtp://user:wrong@127.0.0.1:{receiver.port}", "f@example.org"))
    assert failure is not None
    assert (failure.code, failure.is_permanent, failure.concerns_server) == ("login", False, True)
    assert failure.detail.startswith("535 ")
    assert "wrong" not in failure.detail


def test_a_servers_password_is_not_printed_with_it():
    server = MailServer.of("smtps://user:hunter2@mail.example.org", "f@example.org")
    assert (server.password, "hunter2" in repr(server)) == ("hunter2", False)


def test_a_password_that_smtp_cannot_carry_is_said_and_none_of_it_told():
    with receiving_mail(with_login=True) as receiver:
        failure = send(MailServer.of(f"smtp://user:%C3%A9t%C3%A9@127.0.0.1:{receiver.port}", "f@example.org"))
    assert failure == Failure("login", NOT_ASCII, concerns_server=True)
    assert receiver.logins == []


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".example.org"])
def test_a_name_that_no_server_can_have_is_an_unreachable_one(host: str):
    failure = send(MailServer.of(f"smtp://{host}", "f@example.org"))
    assert failure is not None
    assert (failure.code, failure.is_permanent, failure.concerns_server) == ("unreachable", False, True)


@pytest.mark.parametrize(
    ("answer", "code", "is_permanent"),
    [
        ("450 greylisted", "later", False),
        ("550 no such reader", "refused", True),
        ("554 spam", "refused", True),
    ],
)
def test_what_a_server_says_of_a_reader_decides_whether_to_try_again(
    answer: str, code: str, is_permanent: bool
):
    with receiving_mail() as receiver:
        receiver.refused[READER] = answer
        assert send(MailServer.of(receiver.url, "f@example.org")) == Failure(code, answer, is_permanent)


@pytest.mark.parametrize(("answer", "is_permanent"), [("452 full", False), ("552 too large", True)])
def test_what_a_server_says_of_a_mail_decides_likewise(answer: str, is_permanent: bool):
    with receiving_mail() as receiver:
        receiver.answers.append(answer)
        failure = send(MailServer.of(receiver.url, "f@example.org"))
    assert failure == Failure("refused" if is_permanent else "later", answer, is_permanent)
    assert receiver.mails == []


def test_an_unreachable_mail_server_is_reported():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        failure = send(MailServer("127.0.0.1", closed.getsockname()[1]))
    assert failure is not None
    assert (failure.code, failure.is_permanent, failure.concerns_server) == ("unreachable", False, True)


def test_a_server_that_never_answers_is_not_waited_for_long():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        failure = send(MailServer("127.0.0.1", mute.getsockname()[1], timeout_s=0.2))
    assert failure is not None
    assert failure.code == "unreachable"


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example.org", 25),
        ("smtp://u:p@mail.example.org", 587),
        ("smtps://u:p@mail.example.org", 465),
        ("smtp://mail.example.org:2525", 2525),
    ],
)
def test_ports_are_those_that_servers_use(url: str, port: int):
    server = MailServer.of(url, "f@example.org")
    assert (server.host, server.port) == ("mail.example.org", port)


@pytest.mark.parametrize("url", ["smtp://:25", "smtp://mail:x", "smtp://secret:pass@", "smtp://[::1"])
def test_an_address_without_host_or_port_is_refused_without_being_quoted(url: str):
    with pytest.raises(SettingInvalid) as refused:
        MailServer.of(url, "f@example.org")
    assert "secret" not in str(refused.value)
