"""Whether this server asks people to sign in, and whom it then lets in: the secrets that Streamlit's own sign-in reads.

`[auth]` is Streamlit's (redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url, or `[auth.NAME]` for each of several
providers); `[sign_in] allow` is ours. DEPLOYMENT.md shows both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import SaliencyError, quoted

SHORTEST_SECRET = 32  # characters; who guesses it can write a cookie that lets them in
OF_A_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
CALLBACK = "oauth2callback"


class SignInError(SaliencyError):
    """People were to sign in, but the settings for it can't be used."""


@dataclass(frozen=True)
class SignIn:
    """The sign-in of a server."""

    providers: tuple[str, ...]
    """Names, as in `[auth.NAME]`; "default" where `[auth]` itself describes the one."""
    origin: str
    """scheme://host:port by which browsers know this server."""
    allowed: tuple[str, ...] = ()
    """E-mail addresses and, with a leading @, domains that may come in; none: everybody whom the provider signs in."""

    def lets_in(self, user: Mapping[str, object]) -> bool:
        """Whether one whom the provider vouches for, with these claims, may come in."""
        if not self.allowed:
            return True
        address = str(user.get("email", "")).lower()
        is_listed = address in self.allowed or "".join(address.rpartition("@")[1:]) in self.allowed
        return user.get("email_verified") is True and is_listed


def read_sign_in() -> SignIn | None:
    """The sign-in that the secrets ask for; None where they ask for none. SignInError for secrets that can't be used."""
    import streamlit as st
    from streamlit import config
    from streamlit.auth_util import get_redirect_uri, is_authlib_installed
    from streamlit.errors import StreamlitSecretNotFoundError

    files = [path for path in config.get_option("secrets.files") if Path(path).exists()]
    try:
        secrets = st.secrets.to_dict() if files else {}
    except (StreamlitSecretNotFoundError, OSError, UnicodeDecodeError) as error:  # Streamlit alone would go on, open to everybody
        raise SignInError(f"The secrets in {' and '.join(files)} can't be read: {error}") from None
    settings = as_sign_in(secrets, lambda auth: get_redirect_uri(auth) or "")
    if settings and not is_authlib_installed():
        raise SignInError("The secrets ask for sign-in, which needs Authlib: pip install -r dashboard/requirements-signin.txt.")
    return settings


def as_sign_in(secrets: Mapping[str, object], redirect_uri=lambda auth: auth.get("redirect_uri", "")) -> SignIn | None:
    """The sign-in that these secrets ask for, or None. SignInError, in a sentence, for what lacks or is too weak."""
    auth, ours = secrets.get("auth"), secrets.get("sign_in")
    if auth is None and ours is None:
        return None
    if not isinstance(auth, Mapping):
        raise SignInError("The secrets hold [sign_in] but no section [auth], which says by whom people are signed in.")
    address, secret = redirect_uri(auth), str(auth.get("cookie_secret", ""))
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.path.endswith(f"/{CALLBACK}"):
        raise SignInError(f"redirect_uri of [auth] is {quoted(address)}; it must be this server's address, then /{CALLBACK}.")
    if len(secret) < SHORTEST_SECRET:
        raise SignInError(
            f"cookie_secret of [auth] has {len(secret)} characters; at least {SHORTEST_SECRET} random ones are needed: "
            'python -c "import secrets; print(secrets.token_hex(32))" makes them.'
        )
    return SignIn(_providers(auth), f"{parts.scheme}://{parts.netloc}", _allowed(ours))


def _providers(auth: Mapping[str, object]) -> tuple[str, ...]:
    sections = {name: section for name, section in auth.items() if isinstance(section, Mapping) and name != "client_kwargs"}
    if any(key in auth for key in OF_A_PROVIDER):
        sections = {"default": auth, **sections}
    for name, section in sections.items():
        missing = [key for key in OF_A_PROVIDER if not section.get(key)]
        if missing or "_" in name:
            where = "[auth]" if name == "default" else f"[auth.{name}]"
            raise SignInError(f"{where} lacks {', '.join(missing)}." if missing else f"{where}: its name may hold no underscore.")
    if not sections:
        raise SignInError(f"[auth] names no provider: it needs {', '.join(OF_A_PROVIDER)}, or a section [auth.NAME] with them.")
    return tuple(sections)


def _allowed(ours: object) -> tuple[str, ...]:
    if ours is None:
        return ()
    allowed = ours.get("allow") if isinstance(ours, Mapping) else None
    if not isinstance(allowed, list) or not allowed or not all(isinstance(entry, str) and "@" in entry for entry in allowed):
        raise SignInError('[sign_in] needs allow = ["@example.org", "ann@example.net"]: a list of domains and e-mail addresses.')
    return tuple(entry.strip().lower() for entry in allowed)
