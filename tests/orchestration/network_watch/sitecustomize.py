"""Loaded by every Python process of a watched run: writes down each attempt to reach another machine."""

import os
import sys

WATCHED_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note an attempt; sockets within this machine are no contact."""
    if event not in WATCHED_EVENTS:
        return
    target = arguments[0] if event in {"socket.getaddrinfo", "socket.gethostbyname"} else arguments[1]
    host = target[0] if isinstance(target, tuple) else target
    if isinstance(host, str) and not host.startswith("/") and host not in LOOPBACK:
        with open(os.environ["NETWORK_WATCH_LOG"], "a", encoding="utf-8") as log:  # noqa: PTH123 - before any import
            log.write(f"{event} {host}\n")


if "NETWORK_WATCH_LOG" in os.environ:
    sys.addaudithook(_watch)
