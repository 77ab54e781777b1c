"""One request until it is answered, refused or given up.

Tried again, after a wait that doubles and is jittered, or the one that the answer asks for: no connection, a connection
that is cut, an answer that takes too long, 429, 500, 502, 503, 504, a page of HTML where data was due, an answer that
is cut or is no JSON. All tries and waits of a source together end at its deadline. Not tried again: a server that
cannot prove who it is, a refused secret, whatever else the vendor says is wrong.
"""

from __future__ import annotations

import email.utils
import functools
import json
import random
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
import urllib3

from openspm import __version__
from openspm.errors import SourceRefused, SourceUnreachable
from openspm.secrets import without_secrets
from openspm.sources.web.bodies import exact_json
from openspm.sources.web.credentials import Credentials

CHUNK_BYTES = 1 << 16
# More than any vendor's page; an answer without end must not fill the memory.
MOST_BYTES = 1 << 28
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class Answer:
    """What a server said.

    Attributes:
        status: the HTTP status.
        headers: names in lower case.
        body: the body, decompressed, otherwise as it came.
        request: method, path and query of what was asked; no secret stands in it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    request: str

    def json(self) -> Any:
        """The body with every number as the text that it had, so that no digit is lost; not to be changed.

        Raises:
            ValueError: it is no JSON.
        """
        return self._parsed

    @functools.cached_property
    def _parsed(self) -> Any:
        """The body, parsed once: the session, the client and the archive all look into it."""
        return json.loads(self.body, parse_float=str, parse_int=str, parse_constant=_no_number)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


class NotAccepted(SourceUnreachable):
    """A server that answered with an error that asking again does not change; the vendor's client may know better.

    Attributes:
        answer: what it said.
    """

    def __init__(self, message: str, where: str, next_step: str, answer: Answer) -> None:
        super().__init__(message, where, next_step)
        self.answer = answer

    def __reduce__(self) -> tuple[type[NotAccepted], tuple[object, ...]]:
        """Keep every field when the error crosses a process boundary."""
        return type(self), (self.message, self.where, self.next_step, self.answer)


@dataclass
class Patience:
    """How long a source is waited for.

    Attributes:
        answer_seconds: longest time of one answer.
        most_tries: how often one request is sent.
        deadline: the monotonic time at which the source is given up.
        wait: sleeps; a test hands in its own.
        monotonic: the clock of the deadline.
        chance: gives a number from 0 to 1 for the jitter.
    """

    answer_seconds: float
    most_tries: int
    deadline: float
    wait: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = field(default=random.random)

    @classmethod
    def of(cls, answer_seconds: float, most_tries: int, deadline_seconds: float) -> Patience:
        """Patience that begins now."""
        return cls(answer_seconds, most_tries, time.monotonic() + deadline_seconds)


class _Transient(Exception):  # noqa: N818 - the name says what happened
    """Worth another try.

    Attributes:
        reason: what was wrong, as a sentence without its end.
        wait_seconds: how long the server asks to wait; None where it does not say.
    """

    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_seconds = wait_seconds


class WebSession:
    """Requests to one system. Safe for several threads."""

    def __init__(
        self,
        subject: str,
        base_url: str,
        patience: Patience,
        credentials: Credentials | None = None,
        workers: int = 1,
        hopeless: Callable[[Answer], str | None] | None = None,
        what_stays: str = "nothing of the source has landed, and what was published stays",
    ) -> None:
        """Make ready; nothing is sent.

        Args:
            subject: who is asked, for messages: `source crm`.
            base_url: what every path is put behind.
            patience: how long to wait.
            credentials: who we are; None for requests that say so themselves.
            workers: how many requests may be under way at once, whoever sends them.
            hopeless: what an answer says that no other try tonight changes, such as that a daily limit is used up; None
                where it says no such thing.
            what_stays: what is so when the system is given up, for messages.
        """
        self.subject = subject
        self._what_stays = what_stays
        self._hopeless = hopeless
        self.base_url = base_url.rstrip("/")
        self.patience = patience
        self.credentials = credentials
        self.request_count = 0
        self._counting = threading.Lock()
        self._under_way = threading.BoundedSemaphore(workers)
        self._http = requests.Session()
        # No .netrc and no proxy of the environment may see or change who we say we are; certificates are our own set.
        self._http.trust_env = False
        self._http.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=workers))
        self._http.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=workers))

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None, **kinds: Any) -> Answer:
        """Ask for a path below the base, or for a whole address of the same host."""
        return self.send("GET", path, params=params, **kinds)

    def post(self, path: str, *, json_body: Any = None, form: Mapping[str, str] | None = None, **kinds: Any) -> Answer:
        """Send a body. Only for what may be sent twice without harm; see `may_repeat` of send."""
        return self.send("POST", path, json_body=json_body, form=form, **kinds)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        is_json: bool = True,
        may_repeat: bool = True,
        wrong_with: Callable[[Answer], str | None] | None = None,
    ) -> Answer:
        """Send a request until it is answered.

        Args:
            method: GET, POST, PATCH, PUT or DELETE.
            path: below the base, or a whole address of the same host.
            params: the query.
            json_body: a body of JSON; decimals in it are sent with all their digits.
            form: a body of a form.
            headers: beside those of the credentials.
            is_json: whether the answer has to be JSON (an empty body passes); False takes it as it is.
            may_repeat: whether it may be sent again after it may have arrived; False for what is not idempotent.
            wrong_with: says what is wrong with an answer that is not whole, such as a page of CSV that lacks rows, so
                that it is asked for again; None where nothing is.

        Returns:
            An answer with a status below 300.

        Raises:
            NotAccepted: the server says that the request is wrong.
            SourceRefused: it does not let us in, or cannot prove who it is.
            SourceUnreachable: no try was answered before tries or time ended.
        """
        url = self._address(path)
        body = form if json_body is None else exact_json(json_body).encode()
        request = {"method": method, "url": url, "params": params, "data": body}
        kind = {} if json_body is None else {"Content-Type": "application/json"}
        shown = f"{method} {requests.Request(method, url, params=params).prepare().path_url}"
        reason = "was never asked"
        renewed = False
        tries = 0
        while tries < self.patience.most_tries:
            tries += 1
            own = dict(self.credentials.headers()) if self.credentials else {}
            sent = {**own, **kind, **(headers or {})}
            try:
                with self._under_way:
                    answer = self._once(request, sent, shown, is_json)
                wrong = wrong_with(answer) if wrong_with is not None and answer.status < 300 else None
                if wrong is not None:
                    raise _Transient(wrong)
            except _Transient as fault:
                reason = fault.reason
                if not may_repeat or tries == self.patience.most_tries or not self._wait(tries, fault.wait_seconds):
                    break
                continue
            if answer.status == 401 and self.credentials:
                # What another thread has replaced meanwhile says nothing about the newest one.
                is_replaced = dict(self.credentials.headers()) != own
                if is_replaced or (not renewed and self.credentials.renew(sent)):
                    renewed = renewed or not is_replaced
                    tries -= 1
                    continue
            self._check_accepted(answer)
            return answer
        raise SourceUnreachable(
            f"The {self.subject} {reason}; given up after {tries} {'try' if tries == 1 else 'tries'}",
            where=self._place(shown),
            next_step=f"Run again later; {self._what_stays}.",
        )

    def _address(self, path: str) -> str:
        """The whole address; another host than ours never gets our secrets.

        Raises:
            SourceRefused: an address of another host.
        """
        if not path.startswith(("http://", "https://")):
            return f"{self.base_url}/{path.lstrip('/')}"
        if urlsplit(path)[:2] != urlsplit(self.base_url)[:2]:
            raise SourceRefused(
                f"The {self.subject} sends us on to another host, which is not followed",
                where=urlsplit(path).netloc,
                next_step="Correct `url` of the source in company.yml if the system moved.",
            )
        return path

    def _once(self, request: Mapping[str, Any], headers: Mapping[str, str], shown: str, is_json: bool) -> Answer:
        """Send once, and read the whole answer."""
        started = self.patience.monotonic()
        left = min(self.patience.answer_seconds, self.patience.deadline - started)
        if left <= 0:
            raise _Transient("took longer than `deadline_seconds` allows", wait_seconds=float("inf"))
        with self._counting:
            self.request_count += 1
        agent = {"User-Agent": f"openspm/{__version__}", "Accept-Encoding": "gzip", **headers}
        try:
            with self._http.request(
                **request, headers=agent, timeout=left, stream=True, allow_redirects=False
            ) as response:
                body = self._body(response, started + left)
                names = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status_code, names, body, shown)
        except requests.exceptions.SSLError as error:
            raise SourceRefused(
                f"The {self.subject} cannot prove that it is the system that we mean: {_root(error)}",
                where=self._place(shown),
                next_step="Correct `url` in company.yml, or have the system's certificate put right.",
            ) from None
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            raise _Transient(f"did not answer within {self.patience.answer_seconds:g} s") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _Transient(f"cannot be reached ({self._clean(_root(error))})") from None
        no_hope = self._hopeless(answer) if self._hopeless else None
        if no_hope is not None:
            raise SourceUnreachable(
                f"The {self.subject} {no_hope}",
                where=self._place(shown),
                next_step=f"Run again tomorrow; {self._what_stays}.",
            )
        self._check_readable(answer, is_json)
        return answer

    def _body(self, response: requests.Response, give_up_at: float) -> bytes:
        """The body, decompressed to its end; a slow drip ends in time too."""
        gzip = response.headers.get("Content-Encoding", "").lower() == "gzip"
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        parts, size = [], 0
        for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
            if self.patience.monotonic() > give_up_at:
                raise _Transient(f"did not answer within {self.patience.answer_seconds:g} s")
            try:
                part = inflate.decompress(chunk) if inflate else chunk
            except zlib.error:
                raise _Transient("sent an answer that cannot be decompressed") from None
            size += len(part)
            if size > MOST_BYTES:
                raise SourceUnreachable(
                    f"The {self.subject} sent an answer of more than {MOST_BYTES >> 20} MB",
                    where=self._place(response.request.path_url),
                    next_step="Look whether `url` in company.yml is the system's; no page of it is so long.",
                )
            parts.append(part)
        if inflate is not None and parts and not inflate.eof:
            raise _Transient("sent an answer that is cut")
        return b"".join(parts)

    def _check_readable(self, answer: Answer, is_json: bool) -> None:
        """Find answers that are worth another try.

        Raises:
            _Transient: with the reason.
        """
        if answer.status in TRANSIENT:
            raise _Transient(f"answers with status {answer.status}", _asked_wait(answer.headers))
        kind = answer.headers.get("content-type", "")
        if answer.status < 300 and is_json and answer.body:
            if "html" in kind or answer.body.lstrip()[:1] == b"<":
                raise _Transient("answers with a web page where data was due, such as a login or a proxy's page")
            try:
                answer.json()
            except ValueError:
                raise _Transient("sent an answer that is cut or is no JSON") from None

    def _check_accepted(self, answer: Answer) -> None:
        """Refusals, and whatever else is no success.

        Raises:
            SourceRefused: who we are is not accepted.
            NotAccepted: anything else.
        """
        if answer.status < 300:
            return
        said = self._clean(_said(answer))
        if answer.status == 401:
            raise SourceRefused(
                f"The {self.subject} does not accept our secret ({said})",
                where=self._place(answer.request),
                next_step="Give the source a valid secret; its README names the environment variables.",
            )
        raise NotAccepted(
            f"The {self.subject} answers with status {answer.status} ({said})",
            where=self._place(answer.request),
            next_step="Read what it says; the README of the kind lists the rights and settings that are needed.",
            answer=answer,
        )

    def _wait(self, tries: int, asked: float | None) -> bool:
        """Wait before the next try; False where the deadline comes first."""
        longest = min(FIRST_WAIT_SECONDS * 2 ** (tries - 1), LONGEST_WAIT_SECONDS)
        seconds = asked if asked is not None else longest * (0.5 + self.patience.chance() / 2)
        if self.patience.monotonic() + seconds >= self.patience.deadline:
            return False
        self.patience.wait(seconds)
        return True

    def _place(self, shown: str) -> str:
        """Host and request, for a message."""
        return self._clean(f"{urlsplit(self.base_url).netloc}, {shown}")

    def _clean(self, text: str) -> str:
        """A text without our secrets."""
        return without_secrets(text, self.credentials.secrets() if self.credentials else ())


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date; None where it says nothing that we know.

    A date is measured by the server's own clock, which may differ from ours.
    """
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
        now = email.utils.parsedate_to_datetime(headers["date"])
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None


def _said(answer: Answer) -> str:
    """What a server says in an error, on one line: its message, or else the start of its body."""
    try:
        text = _message(answer.json()) or answer.body.decode("utf-8", "replace")
    except ValueError:
        text = answer.body.decode("utf-8", "replace")
    return " ".join(text.split())[:SHOWN_CHARACTERS] or "nothing more"


def _message(value: Any) -> str | None:
    """The first text of a parsed body that vendors mean for people."""
    if isinstance(value, list):
        return next((text for part in value if (text := _message(part))), None)
    if not isinstance(value, Mapping):
        return None
    for name in ("message", "error_description", "Message", "detail"):
        if isinstance(value.get(name), str) and value[name]:
            return str(value[name])
    return next((text for part in value.values() if (text := _message(part))), None)


def _root(error: BaseException) -> str:
    """The innermost reason of a failed connection, in the system's words."""
    seen: BaseException = error
    while True:
        inner = seen.__cause__ or seen.__context__ or next((a for a in seen.args if isinstance(a, BaseException)), None)
        reason = getattr(seen, "reason", None)
        inner = inner or (reason if isinstance(reason, BaseException) else None)
        if inner is None or inner is seen:
            return " ".join(str(seen).split())[:SHOWN_CHARACTERS] or type(seen).__name__
        seen = inner
