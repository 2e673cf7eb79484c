"""The health department's service: pages of records over HTTP, for who has the token.

`python -m gusu.demo.departments.health --folder F [--port P]`.  It stands alone: nothing of ours is imported.

GET /api/records?page=K&size=N            all, byte for byte as the pages lie on disk
GET /api/records?since=T&page=K&size=N    those changed at T or later (ISO 8601), oldest change first
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
ZONE = timezone(timedelta(hours=8))
UPDATED = re.compile(rb'"updatedAt":"([^"]+)"')
Reply = tuple[int, bytes]


def prepare(folder: Path, *, size: int, recent: str, port: int) -> str:
    """Say in `service.json` where the service listens and whom it answers; answers the token.

    recent: the moment from which `recent.jsonl` knows every change; port: 0 for any that is free.  Of the token only a
    digest lies here.
    """
    token = secrets.token_urlsafe(32)
    said = {
        "port": port or _free_port(),
        "size": size,
        "recent": recent,
        "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
    }
    draft = folder / "service.unfinished"
    draft.write_text(json.dumps(said))
    draft.chmod(0o600)
    draft.replace(folder / "service.json")
    return token


def port(folder: Path) -> int:
    """Where the service listens, 0 where none has been prepared."""
    try:
        return int(json.loads((folder / "service.json").read_bytes())["port"])
    except FileNotFoundError:
        return 0


def address(folder: Path) -> str:
    """The service's URL."""
    return f"http://{HOST}:{port(folder)}"


@dataclass(frozen=True)
class Answered:
    """What `since` found, kept for the next page: of which files, since when."""

    state: object
    moment: datetime
    records: list[bytes]


class Records:
    """The pages on disk, and the recent changes.  Both are read when asked: the department may have changed them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._lock = folder, Lock()
        self._last: Answered | None = None

    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "service.json").read_bytes())
        return found

    def page(self, number: int) -> Reply:
        try:
            return 200, (self.folder / "pages" / f"{number:06}.json").read_bytes()
        except FileNotFoundError:
            return 404, said("没有这一页", f"there is no page {number}")

    def since(self, moment: datetime, number: int, size: int) -> Reply:
        found = self._found(moment)
        head = {"total": len(found), "page": number, "pages": max(1, -(-len(found) // size))}
        listed = b",".join(found[(number - 1) * size : number * size])
        return 200, json.dumps(head, separators=(",", ":")).encode()[:-1] + b',"records":[' + listed + b"]}"

    def _found(self, moment: datetime) -> list[bytes]:
        """The records changed at `moment` or later, oldest change first."""
        recent = moment >= datetime.fromisoformat(self.service()["recent"])
        files = [self.folder / "recent.jsonl"] if recent else sorted((self.folder / "pages").glob("*.json"))
        state = [(file.name, file.stat().st_mtime_ns) for file in files]
        with self._lock:
            if self._last is None or (self._last.state, self._last.moment) != (state, moment):
                found = sorted(one for file in files for one in _changed(file, moment))
                self._last = Answered(state, moment, [record for _, record in found])
            return self._last.records


def _changed(file: Path, moment: datetime) -> list[tuple[str, bytes]]:
    """Of a file with a record a line those changed at `moment` or later, by time (all are in one zone)."""
    least = moment.astimezone(ZONE).isoformat(timespec="seconds").encode()
    found = ((UPDATED.search(line), line) for line in file.read_bytes().splitlines())
    return [(hit[1].decode(), _record(line)) for hit, line in found if hit and hit[1] >= least]


def _record(line: bytes) -> bytes:
    """A page's line without what stands around its record."""
    return line[line.index(b'{"recordNo"') : line.rindex(b'"}') + 2]


class Service(BaseHTTPRequestHandler):
    """One request. Addresses are not logged: the service speaks of persons."""

    records: Records
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, body = self._answer()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> Reply:
        try:
            service = self.records.service()
        except FileNotFoundError:
            return 503, said("系统正在重建", "the system is being rebuilt")
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(hashlib.sha256(given.encode()).hexdigest(), service["token_sha256"]):
            return 401, said("令牌无效", "the token is not valid")
        asked = urlsplit(self.path)
        if asked.path != "/api/records":
            return 404, said("没有这个接口", "there is no such interface")
        return self._records({key: values[-1] for key, values in parse_qs(asked.query).items()}, service["size"])

    def _records(self, asked: dict[str, str], most: int) -> Reply:
        try:
            page, size = int(asked.get("page", "1")), int(asked.get("size", most))
            moment = datetime.fromisoformat(asked["since"]).astimezone(ZONE) if "since" in asked else None
        except ValueError:
            return 400, said("参数格式有误", "page and size are numbers, since is a moment in ISO 8601")
        if page < 1 or not 1 <= size <= most:
            return 400, said(f"每页至多{most}条", f"page is from 1, size from 1 to {most}")
        if moment is not None:
            return self.records.since(moment, page, size)
        if size != most:
            return 400, said(f"全量查询每页固定{most}条", f"size is {most} where all records are asked for")
        return self.records.page(page)

    def log_message(self, format: str, *args: object) -> None:
        pass


def said(zh: str, en: str) -> bytes:
    return json.dumps({"error": {"zh": zh, "en": en}}, ensure_ascii=False).encode()


def serve(folder: Path, port: int) -> None:
    """Until it is ended."""
    service = type("ServiceHere", (Service,), {"records": Records(folder)})
    ThreadingHTTPServer.daemon_threads = True
    with ThreadingHTTPServer((HOST, port), service) as server:
        server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the departments' folder of the health department")
    parser.add_argument("--port", type=int, help="by default what the build chose")
    args = parser.parse_args()
    serve(args.folder, args.port or port(args.folder))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    os.umask(0o077)
    main()
