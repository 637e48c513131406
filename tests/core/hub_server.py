"""A hub of one's own: what huggingface_hub asks of huggingface.co, answered from local folders over real sockets.

Two servers, as in life: the hub, which knows names, revisions and small files, and the storage on another origin, to which it
sends whoever wants a large file. Both keep a list of what they were asked, and both can be told to misbehave.
"""

import hashlib
import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".model")  # what the hub's .gitattributes keep in its storage
REFUSALS = {
    401: ("RepoNotFound", "Repository not found"),
    403: ("", "Forbidden"),
    404: ("RepoNotFound", "Repository not found"),
    429: ("", "Too many requests"),
    "gated": ("GatedRepo", "Access to this model is restricted"),
    "bad token": ("", "Invalid credentials in Authorization header"),
}
STATUS = {"gated": 403, "bad token": 401}
BLOCK = 2**14


@dataclass
class Asked:
    """One request as a server saw it."""

    server: str
    method: str
    path: str
    headers: dict[str, str]
    sent: int = 0
    """Bytes of the body that went out."""


@dataclass
class HubServer:
    """`with HubServer() as hub:` serves until the block ends; `hub.endpoint` is what HF_ENDPOINT takes."""

    repositories: dict[str, dict[str, Path]] = field(default_factory=dict)
    """Id → revision → folder; the first revision is main."""
    refusals: dict[str, int | str] = field(default_factory=dict)
    """Id → what every request for it is answered with."""
    refused_files: dict[str, int | str] = field(default_factory=dict)
    """The same for the files of a repository, while its list is given."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the next answers of the storage break off, one after the other."""
    seconds_per_block: float = 0.0
    """How slow the storage is, for each 16 kB."""
    damaged: set[str] = field(default_factory=set)
    """Files whose bytes the storage changes."""
    ignores_ranges: bool = False
    asked: list[Asked] = field(default_factory=list)

    def reset(self) -> None:
        """Forget all that was added, told and asked."""
        fresh = HubServer()
        for name in fresh.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))

    def add(self, repo: str, folder: Path, revision: str = "main") -> None:
        """Serve a folder as one revision of a repository."""
        self.repositories.setdefault(repo, {})[revision] = folder

    def commit(self, repo: str, revision: str = "main") -> str:
        """The commit that a branch stands for, made from what the folder holds."""
        folder = self.repositories[repo][revision]
        digest = hashlib.sha1(f"{repo}".encode())
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()

    def downloads(self, name: str) -> list[Asked]:
        """The requests for a file's body, at the server that gave it."""
        server = "storage" if name.endswith(LARGE) else "hub"
        return [one for one in self.asked if one.method == "GET" and one.server == server and one.path.endswith("/" + name)]

    def __enter__(self) -> Self:
        self._servers = [_serve(self, "hub"), _serve(self, "storage")]
        self.endpoint, self.storage = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)
        return self

    def __exit__(self, *failure) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def find(self, repo: str, revision: str) -> tuple[Path, str] | None:
        """Folder and commit of a branch, tag or commit."""
        for name, folder in self.repositories[repo].items():
            commit = self.commit(repo, name)
            if revision in (name, commit):
                return folder, commit
        return None


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that was killed is what some tests are about."""


def _serve(hub: HubServer, name: str) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"hub": hub, "name": name})
    server = _Quiet(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _git_oid(file: Path) -> str:
    data = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer
    name: str

    def log_message(self, *args) -> None:
        """Nothing on standard error."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        self.seen = Asked(
            self.name, self.command, unquote(path), defaultdict(str, {k.lower(): v for k, v in self.headers.items()})
        )
        self.hub.asked.append(self.seen)
        if path.startswith("/api/models/"):
            repo, _, revision = path.removeprefix("/api/models/").partition("/revision/")
            self._list(repo, unquote(revision) or "main")
        else:
            repo, _, rest = path.strip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            self._give(repo, unquote(revision), unquote(file))

    def _refuse(self, reason: int | str) -> None:
        if reason == "portal":  # what a hotel's network answers to everything
            return self._send(200, b"<html>Welcome! Please log in.</html>", {"Content-Type": "text/html"})
        code, message = REFUSALS.get(reason, ("", "error"))
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        headers |= {"Retry-After": "7"} if reason == 429 else {}
        self._send(STATUS.get(reason, reason), json.dumps({"error": message}).encode(), headers)

    def _found(self, repo: str, revision: str) -> tuple[Path, str] | None:
        """The folder and its commit, or None once the refusal has been sent."""
        if repo in self.hub.refusals:
            return self._refuse(self.hub.refusals[repo])
        if repo not in self.hub.repositories:
            return self._refuse(401)  # so does huggingface.co, to tell nobody which private ones there are
        found = self.hub.find(repo, revision)
        if found is None:
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound", "X-Error-Message": f"Invalid rev id: {revision}"})
        return found

    def _list(self, repo: str, revision: str) -> None:
        found = self._found(repo, revision)
        if found is None:
            return
        folder, commit = found
        siblings = []
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                size = file.stat().st_size
                large = {"lfs": {"sha256": _sha256(file), "size": size, "pointerSize": 134}} if file.name.endswith(LARGE) else {}
                name = file.relative_to(folder).as_posix()
                siblings.append({"rfilename": name, "size": size, "blobId": _git_oid(file), **large})
        listing = {"id": repo, "modelId": repo, "sha": commit, "private": False, "tags": [], "siblings": siblings}
        self._send(200, json.dumps(listing).encode(), {"Content-Type": "application/json"})

    def _give(self, repo: str, revision: str, name: str) -> None:
        if self.name == "hub" and repo in self.hub.refused_files:
            return self._refuse(self.hub.refused_files[repo])
        found = self._found(repo, revision)
        if found is None:
            return
        folder, commit = found
        file, headers = folder / name, {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not file.is_file():
            return self._send(404, b"", headers | {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"})
        if not name.endswith(LARGE):
            return self._send(200, file.read_bytes(), headers | {"ETag": f'"{_git_oid(file)}"'})
        tag = f'"{_sha256(file)}"'
        headers |= {"X-Linked-Size": str(file.stat().st_size), "X-Linked-Etag": tag, "ETag": tag}
        if self.name == "hub":
            return self._send(302, b"", headers | {"Location": f"{self.hub.storage}{self.path}"})
        data = file.read_bytes()
        self._store(bytes(255 - byte for byte in data) if name in self.hub.damaged else data, headers)

    def _store(self, data: bytes, headers: dict[str, str]) -> None:
        """A large file, from where it is asked for, as slowly and as far as the storage was told."""
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and not self.hub.ignores_ranges else 0
        if start >= len(data) > 0:
            return self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        if start:
            headers |= {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        self.send_response(206 if start else 200)
        self._headers(headers | {"Content-Length": str(len(data) - start)})
        limit = self.hub.cuts.pop(0) if self.hub.cuts else len(data)
        for at in range(start, len(data), BLOCK):
            block = data[at : min(at + BLOCK, len(data), start + limit)]
            try:
                self.wfile.write(block)
            except OSError:  # whoever asked has left
                self.close_connection = True
                return
            self.seen.sent += len(block)
            if self.seen.sent >= limit:
                break
            time.sleep(self.hub.seconds_per_block)
        self.close_connection = self.seen.sent < len(data) - start

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self._headers(headers | {"Content-Length": str(len(body))})
        if self.command == "GET":
            self.wfile.write(body)
            self.seen.sent = len(body)

    def _headers(self, headers: dict[str, str]) -> None:
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
