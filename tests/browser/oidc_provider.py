"""A small OpenID Connect provider on this machine: discovery, keys, sign-in page, token, user info, sign-out. It can also cheat.

Whoever signs in is Ann. `fault` says what is wrong with the next tokens: "nonce", "signature", "audience", "expired",
"issuer", or, at the sign-in page already, "denied".
"""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "layer-saliency", "the client's own secret"
ANN = {"sub": "42", "name": "Ann", "email": "ann@example.org", "email_verified": True}


class Provider:
    """`with Provider() as provider: provider.issuer`."""

    def __init__(self):
        self.key, self.foreign_key = (RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}) for _ in range(2))
        self.fault = ""
        self.claims = dict(ANN)
        self.codes: dict[str, dict[str, str]] = {}
        """Code → what was asked at the sign-in page."""
        self.told: list[str] = [SECRET]
        """What nobody else may know: codes and tokens that it gave, and the client's secret."""
        self.signed_out: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *raised) -> None:
        self._server.shutdown()
        self._server.server_close()

    def secrets(self, **more: str) -> str:
        """A secrets.toml for the application on whatever port it gets."""
        settings = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": "of-this-test-alone-" + token_urlsafe(32),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
        } | more
        return "[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())

    def id_token(self, nonce: str) -> str:
        """Of Ann, for the application; with the fault that is asked for."""
        now = int(time.time()) - (7200 if self.fault == "expired" else 0)
        claims = {
            "iss": "https://elsewhere.example" if self.fault == "issuer" else self.issuer,
            "aud": "another-application" if self.fault == "audience" else CLIENT,
            "nonce": "of another sign-in" if self.fault == "nonce" else nonce,
            "iat": now,
            "exp": now + 600,
        }
        key = self.foreign_key if self.fault == "signature" else self.key
        self.told.append(jwt.encode({"alg": "RS256", "kid": "one"}, self.claims | claims, key))
        return self.told[-1]


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        issuer = self.provider.issuer
        if path == "/.well-known/openid-configuration":
            ends = {name: f"{issuer}/{end}" for name, end in _ENDS.items()}
            kinds = {
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "code_challenge_methods_supported": ["S256"],
            }
            self._json({"issuer": issuer, "id_token_signing_alg_values_supported": ["RS256"], **ends, **kinds})
        elif path == "/keys":
            self._json({"keys": [self.provider.key.as_dict(private=False)]})
        elif path == "/authorize":
            self._page(asked)
        elif path == "/userinfo":
            self._json(self.provider.claims)
        elif path == "/leave":
            self.provider.signed_out.append(asked)
            self._redirect(asked["post_logout_redirect_uri"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        sent = {
            name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        asked = self.provider.codes.pop(sent.get("code", ""), None)
        given = base64.b64decode(self.headers.get("Authorization", "Basic ").split()[-1]).decode().partition(":")
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        )
        if (
            asked is None
            or given[0] != CLIENT
            or challenge != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            return self._json({"error": "invalid_grant"}, 400)
        self._json(
            {"access_token": "any", "token_type": "Bearer", "expires_in": 600, "id_token": self.provider.id_token(asked["nonce"])}
        )

    def _page(self, asked: dict[str, str]) -> None:
        code = token_urlsafe(16)
        self.provider.codes[code] = asked
        self.provider.told.append(code)
        back = {"error": "access_denied"} if self.provider.fault == "denied" else {"code": code}
        where = f"{asked['redirect_uri']}?{urlencode(back | {'state': asked['state']})}".replace("&", "&amp;")
        self._send(200, "text/html", f'<title>Provider</title><a href="{where}">Continue as Ann</a>'.encode())

    def _redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Nothing."""


_ENDS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "jwks_uri": "keys",
    "userinfo_endpoint": "userinfo",
    "end_session_endpoint": "leave",
}
