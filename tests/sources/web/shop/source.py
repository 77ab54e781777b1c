"""The shop's client and its fake: lists of records, paged by a position, changed since a number."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from openspm.fakes.server import FakeAnswer, FakeRequest, page_of
from openspm.settings import StatePaths
from openspm.sources import ExtractRequest
from openspm.sources.web.credentials import RenewedToken
from openspm.sources.web.pages import Page, Record, flat
from openspm.sources.web.reading import Client
from openspm.sources.web.session import Patience, WebSession
from openspm.sources.web.settings import WebSourceSettings
from openspm.sources.web.source import WebSource


class ShopSettings(WebSourceSettings):
    kind: Literal["shop"] = "shop"


class ShopClient:
    """Reads lists; every list says how many records it has."""

    def __init__(self, session: WebSession, look_back: int) -> None:
        self.session = session
        self.look_back = look_back

    def visible(self, objects: Sequence[str]) -> Mapping[str, Collection[str]]:
        fields = self.session.get("fields").json()
        return {name: fields[name] for name in objects if name in fields}

    def read(self, object_name: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        after: str | None = "0"
        while after is not None:
            params = {"after": after, "fields": ",".join(fields)}
            if since is not None:
                params["since"] = str(int(since) - self.look_back)
            answer = self.session.get(f"lists/{object_name}", params)
            yield Page(answer)
            after = answer.json()["next"]

    def close(self) -> None:
        self.session.close()


class ShopSource(WebSource):
    """Uses waits of no length, so that faults cost no time."""

    waits: list[float]

    def connect(self, request: ExtractRequest, state: StatePaths | None) -> Client:
        settings = self.settings
        self.waits = []
        patience = Patience.of(settings.answer_seconds, settings.most_tries, settings.deadline_seconds)
        patience.wait = self.waits.append
        login = WebSession(f"source {settings.name}", settings.url or "", patience)
        credentials = RenewedToken(lambda: login.post("token", form={"secret": "s3cret"}).json()["token"], ("s3cret",))
        return ShopClient(WebSession(login.subject, login.base_url, patience, credentials), settings.look_back_seconds)

    def records(
        self, object_name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None
    ) -> Iterator[Record]:
        for _, body in pages:
            yield from map(flat, body["records"])


class Shop:
    """The fake: records by object; `changed_at` is a number that grows with every change."""

    def __init__(self, records: dict[str, list[dict[str, Any]]]) -> None:
        self.objects = records
        self.hidden: set[str] = set()
        self.page_size = 3
        self.tokens = 0

    def answer(self, request: FakeRequest) -> FakeAnswer:
        if request.path == "/token":
            self.tokens += 1
            return FakeAnswer.of_json({"token": f"token{self.tokens}"})
        if request.headers.get("authorization") != f"Bearer token{self.tokens}":
            return FakeAnswer.of_json({"message": "who are you"}, 401)
        if request.path == "/fields":
            return FakeAnswer.of_json(
                {
                    name: [field for field in flat(records[0]) if field not in self.hidden]
                    for name, records in self.objects.items()
                    if name not in self.hidden and records
                }
            )
        since = int(request.query.get("since", "-1"))
        name = request.path.removeprefix("/lists/")
        found = [record for record in self.objects[name] if record.get("changed_at", since) >= since]
        page, following = page_of(found, int(request.query["after"]), self.page_size, request.fault)
        # Numbers are written as the shop has them, so that what comes out shows whether a digit was lost.
        body = json.dumps({"records": page, "next": following and str(following)})
        return FakeAnswer(200, body.replace('"10.10"', "10.10").encode())

    def settings(self, url: str) -> Mapping[str, str]:
        return {"url": url}

    def secrets(self) -> Mapping[str, str]:
        return {"secret": "s3cret"}
