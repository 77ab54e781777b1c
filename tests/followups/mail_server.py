"""A mail server of the tests: speaks SMTP over a socket, with TLS and log-in, and misbehaves on demand."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# What a hook returns: an answer in place of the usual one, HANG_UP, or None for the usual answer.
HANG_UP = "hang up"
Hook = Callable[[str, str], str | None]


@dataclass
class MailBox:
    """What the server got, and how it behaves.

    Attributes:
        port: where it listens.
        messages: the mails that it accepted.
        commands: every command, and TEXT for each text of a mail that arrived.
        on: asked for each command (its verb, and the whole line; TEXT and the recipient once a mail's text is there).
        user: user and password that it asks for; None lets everyone in.
        certificate: PEM file of its certificate and key; None offers no TLS.
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    on: Hook = lambda verb, line: None
    user: tuple[str, str] | None = None
    certificate: Path | None = None


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        box = cast(Any, self.server).box
        is_secret, is_known, recipient = False, box.user is None, ""
        self._say("220 mail.test ESMTP")
        while line := self.rfile.readline().decode("utf-8").strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            box.commands.append(verb)
            answer = box.on(verb, line)
            if answer == HANG_UP:
                return
            if answer is not None:
                self._say(answer)
            elif verb == "EHLO":
                offers = ["mail.test"]
                offers += ["STARTTLS"] if box.certificate and not is_secret else []
                offers += ["AUTH PLAIN"] if box.user and is_secret else []
                for offer in offers[:-1]:
                    self._say(f"250-{offer}")
                self._say(f"250 {offers[-1]}")
            elif verb == "STARTTLS":
                self._say("220 go on")
                trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                trust.load_cert_chain(box.certificate)
                self.connection = trust.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = cast(Any, self.connection.makefile("wb"))
                is_secret = True
            elif verb == "AUTH":
                _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                is_known = (user, password) == box.user
                self._say("235 welcome" if is_known else "535 no")
            elif verb == "DATA":
                self._say("354 go on")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += self.rfile.readline()
                box.commands.append("TEXT")
                after = box.on("TEXT", recipient)
                if after == HANG_UP:
                    return
                if after is None:
                    parsed = message_from_bytes(text[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.default)
                    box.messages.append(cast(EmailMessage, parsed))
                self._say(after or "250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                if verb == "MAIL" and not is_known:
                    self._say("530 log in first")
                    continue
                if verb == "RCPT":
                    recipient = line.partition("<")[2].partition(">")[0]
                self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()


@contextmanager
def mail_server(box: MailBox) -> Iterator[MailBox]:
    """Serve until the block ends."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        cast(Any, server).box = box
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def write_certificate(path: Path) -> Path:
    """A certificate of 127.0.0.1 that vouches for itself, with its key, as a PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
