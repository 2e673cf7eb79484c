"""Getting pages: one connection, patience, and no errand elsewhere: a redirect is not followed, with a token least of
all, and no more is read than was agreed.
"""

import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from urllib.parse import urlencode, urlsplit

from gusu.kernel.text import Text
from gusu.resources.exchange.errors import NotLetIn, TooLarge, Unreachable

PATIENCE = 30  # seconds for one answer
WAITS = (0.2, 1.0, 3.0)  # seconds before each further try


class Client:
    """A department's interface. connection: its name, for messages; url: `https://host:port/base`."""

    def __init__(self, connection: str, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.connection, self.base, self.where = connection, parts.path.rstrip("/"), _where(url)
        if parts.scheme not in ("http", "https") or not self.where:
            raise Unreachable(connection=connection, where="?", why="url")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.http = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
        self.headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.http.close()

    def get(self, path: str, query: dict[str, str], *, at_most: int) -> bytes:
        """The body of a 200. NotLetIn, TooLarge, Unreachable: after all tries, or at once where trying is no use."""
        target = f"{self.base}{path}?{urlencode(query)}"
        why = Text("无应答", "no answer")
        for wait in (0.0, *WAITS):
            time.sleep(wait)
            try:
                status, body = self._once(target, at_most)
            except (OSError, HTTPException) as error:
                self.http.close()
                why = Text(type(error).__name__, type(error).__name__)
                continue
            if status == 200:
                return self._whole(body, path, at_most)
            why = Text(f"HTTP {status}", f"HTTP {status}")
            if status in (401, 403):
                raise NotLetIn(connection=self.connection, where=self.where, why=why)
            if status < 500 and status != 429:
                break
        raise Unreachable(connection=self.connection, where=self.where, why=why)

    def _once(self, target: str, at_most: int) -> tuple[int, bytes]:
        self.http.request("GET", target, headers=self.headers)
        answer: HTTPResponse = self.http.getresponse()
        body = answer.read(at_most + 1)
        if answer.status != 200 or len(body) > at_most:
            self.http.close()  # what is left unread would stand before the next answer
        elif answer.length:  # `read` of a known size does not say that the answer was cut short
            self.http.close()
            raise HTTPException
        return answer.status, body

    def _whole(self, body: bytes, path: str, at_most: int) -> bytes:
        if len(body) > at_most:
            raise TooLarge(place=path, longest=at_most)
        return body


def _where(url: str) -> str:
    """host:port, without an account that may stand before it."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname else ""
