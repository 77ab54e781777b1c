"""An HTTP server on this machine that answers as a vendor would, late or wrongly where it is told to."""

from __future__ import annotations

import email.utils
import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from openspm.fakes.faults import PAGE_FAULTS, FaultSchedule

LOOPBACK = "127.0.0.1"
SLOW_SECONDS = 30.0
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>"


@dataclass(frozen=True)
class FakeRequest:
    """What a client asks.

    Attributes:
        method: GET, POST, PATCH, PUT or DELETE.
        path: without the query, as sent.
        query: the parameters of the query.
        headers: names in lower case.
        body: as sent.
        base_url: the server's own address, for links.
        fault: a fault of paging that the vendor is to commit in this answer; None almost always.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    fault: str | None = None

    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None

    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class FakeAnswer:
    """What the vendor answers."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> FakeAnswer:
        """A value as JSON."""
        return cls(status, json.dumps(value).encode())


class FakeVendor(Protocol):
    """A vendor in memory. Called by several threads."""

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """What it says to a request."""
        ...

    def settings(self, url: str) -> Mapping[str, str]:
        """Lines for the block of company.yml that reads this fake, beside name and kind, with the server's address."""
        ...

    def secrets(self) -> Mapping[str, str]:
        """What it lets in: for each field of a secret (`token`, `client_secret`) its value."""
        ...


class FakeServer:
    """A fake vendor behind an address of this machine. Use it as a context manager.

    Attributes:
        vendor: what answers.
        faults: what goes wrong.
        requests: method, path and query of all that was asked, in their order.
    """

    def __init__(
        self,
        vendor: FakeVendor,
        *,
        port: int = 0,
        latency_seconds: float = 0.0,
        faults: FaultSchedule | None = None,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        """Take the port; requests are answered from `__enter__` on.

        Args:
            vendor: what answers.
            port: 0 for any that is free.
            latency_seconds: how long every answer takes at least.
            faults: what goes wrong; nothing where absent.
            slow_seconds: how long the fault `slow` takes.
        """
        self.vendor = vendor
        self.faults = faults or FaultSchedule()
        self.requests: list[str] = []
        self.latency_seconds = latency_seconds
        self.slow_seconds = slow_seconds
        self._stopping = threading.Event()
        server = self

        class Handler(_Handler):
            fake = server

        self._http = ThreadingHTTPServer((LOOPBACK, port), Handler)
        self._http.daemon_threads = True
        self.url = f"http://{LOOPBACK}:{self._http.server_port}"

    def __enter__(self) -> FakeServer:
        """Answer requests in threads of their own."""
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def pause(self, seconds: float) -> None:
        """Wait, unless the server stops."""
        self._stopping.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing on the terminal."""

    def _handle(self) -> None:
        """Answer one request, or do to it what the schedule says."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fake = self.fake
        fake.requests.append(f"{self.command} {self.path}")
        fault = fake.faults.next_fault(self.path)
        if fault == "expired_token" and "token" in self.path:
            fault = None  # Who asks for a token has none that could expire.
        started = time.monotonic()
        if fault is not None and fault not in PAGE_FAULTS and self._spoil_before(fault):
            return
        parts = urlsplit(self.path)
        answer = fake.vendor.answer(
            FakeRequest(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                body,
                fake.url,
                fault if fault in PAGE_FAULTS else None,
            )
        )
        self._reply(answer, fault, started + fake.latency_seconds)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - the names are http.server's

    def _spoil_before(self, fault: str) -> bool:
        """Faults that need no answer of the vendor; True where the request is done with."""
        if fault.startswith("status_"):
            self._send(int(fault.removeprefix("status_")), b'{"message": "try again"}')
        elif fault == "too_many_requests_seconds":
            self._send(429, b"{}", {"Retry-After": "1"})
        elif fault == "too_many_requests_date":
            self._send(429, b"{}", {"Retry-After": email.utils.formatdate(time.time() + 1, usegmt=True)})
        elif fault == "expired_token":
            self._send(401, b'{"message": "token expired"}')
        elif fault == "html":
            self._send(200, LOGIN_PAGE, content_type="text/html")
        elif fault == "reset":
            # A linger of zero makes the kernel answer with a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault == "slow":
            self.fake.pause(self.fake.slow_seconds)
            self.close_connection = True
        else:
            return False
        return True

    def _reply(self, answer: FakeAnswer, fault: str | None, not_before: float) -> None:
        """Send the vendor's answer, or a part of it, when it is time."""
        body = answer.body
        if fault == "truncated_json":
            body = body[: len(body) // 2]
        elif fault == "invalid_json":
            body = b"{'not': json}"
        elif fault == "drip":
            self._drip(answer)
            return
        headers = dict(answer.headers)
        if body and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
            if fault == "cut_gzip":
                body = body[: len(body) // 2]
        self.fake.pause(not_before - time.monotonic())
        self._send(answer.status, body, headers, answer.content_type)

    def _drip(self, answer: FakeAnswer) -> None:
        """Send a byte now and then, so that no single wait is long."""
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        until = time.monotonic() + self.fake.slow_seconds
        for byte in answer.body:
            if time.monotonic() > until:
                break
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                break
            self.fake.pause(0.02)
        self.close_connection = True

    def _send(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def page_of(
    records: Sequence[Any], start: int, size: int, fault: str | None = None
) -> tuple[Sequence[Any], int | None]:
    """A page and where the next one starts; None after the last. Carries out faults of paging.

    Args:
        records: all records.
        start: where the page starts.
        size: most records of a page.
        fault: duplicated_page (the page before comes once more), skipped_page (a page is left out), cursor_loop (the
            next page is this one).
    """
    following = start + size if start + size < len(records) else None
    if fault == "cursor_loop":
        return records[start : start + size], start
    if fault == "duplicated_page":
        before = max(0, start - size)
        return records[before : before + size], following
    if fault == "skipped_page" and following is not None:
        return records[start : start + size], following + size if following + size < len(records) else None
    return records[start : start + size], following
