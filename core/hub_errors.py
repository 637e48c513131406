"""What can go wrong between here and the hub, each as one sentence: what was asked, what came back, what to do."""

import errno
import json
from collections.abc import Iterator

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    EntryNotFoundError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from core.errors import ModelError
from core.transfer import DamagedError

LOG_IN = "run `hf auth login`, or set HF_TOKEN, on the machine that runs this program"
AGAIN = "Try again: what has arrived is kept, and the download goes on from there."


def host() -> str:
    """The hub's address for people: huggingface.co, or what HF_ENDPOINT names."""
    return constants.ENDPOINT.removeprefix("https://").removeprefix("http://")


def is_unreachable(error: BaseException) -> bool:
    """Whether the hub did not answer, or not sensibly, so that a copy on this machine may stand in for it."""
    return any(
        isinstance(part, (httpx2.TransportError, OfflineModeIsEnabled))
        or (isinstance(part, HfHubHTTPError) and part.response.status_code in (408, 429, 500, 502, 503, 504))
        for part in _causes(error)
    )


def explain(error: Exception, repo: str, revision: str) -> ModelError | None:
    """The sentence for an error of the client, the network or the disk while `repo` is fetched; None: it is none of these."""
    for part in _causes(error):
        sentence = (
            _sentence_of_answer(part, repo, revision) if isinstance(part, HfHubHTTPError) else _sentence_of_failure(part, repo)
        )
        if sentence:
            return ModelError(sentence)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it, outermost first: the client wraps a refused request in “not found on this machine”."""
    seen = 0
    while error is not None and seen < 10:
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1


def _sentence_of_answer(error: HfHubHTTPError, repo: str, revision: str) -> str | None:
    """For what the hub answered."""
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return f"“{repo}” is gated: its authors ask who uses it. Ask for access at {constants.ENDPOINT}/{repo}, then {LOG_IN}."
    if isinstance(error, RevisionNotFoundError):
        return f"“{repo}” has no revision “{revision}”. Name a branch, a tag or a commit of it, or leave it out for main."
    if isinstance(error, EntryNotFoundError):
        return f"“{repo}” changed while it was read: {host()} lists a file that it does not give. Try again."
    if isinstance(error, RepositoryNotFoundError):
        return f"{host()} has no model “{repo}” that may be read from here. Check the spelling; if it is private, {LOG_IN}."
    if status == 401:
        said = "the access token that is set here (HF_TOKEN, or that of `hf auth login`)"
        return f"{host()} refuses {said}. Renew it, or remove it for public models."
    if status == 403:
        return f"{host()} refuses “{repo}” to whoever asks from here. Ask its authors for access, then {LOG_IN}."
    if status == 404:
        return f"{host()} has no model “{repo}”. Check the spelling."
    if status == 429:
        wait = error.response.headers.get("Retry-After", "")
        when = f"in {wait} seconds" if wait.isdigit() else "in some minutes"
        return f"{host()} was asked too often from here. Try again {when}; with an access token the limit is higher."
    return f"{host()} answered with the error {status} for “{repo}”. Try again later." if status >= 400 else None


def _sentence_of_failure(error: BaseException, repo: str) -> str | None:
    """For what failed on the way or on this machine."""
    if isinstance(error, OfflineModeIsEnabled):
        offline = "HF_HUB_OFFLINE is set, so nothing is downloaded"
        return f"{offline}, and “{repo}” is not on this machine, or not all of it. Unset it, or name another model."
    if isinstance(error, httpx2.ConnectError):
        missing = f"{host()} can't be reached, and “{repo}” is not on this machine, or not all of it"
        return f"{missing}. Check the connection, then try again."
    if isinstance(error, httpx2.TimeoutException):
        return f"{host()} did not answer in time for “{repo}”. {AGAIN}"
    if isinstance(error, httpx2.TransportError):
        return f"The connection to {host()} broke while “{repo}” was downloaded. {AGAIN}"
    if isinstance(error, DamagedError):
        return f"“{error}” of “{repo}” arrived damaged: its checksum is not that of {host()}. Try again; the copy was removed."
    if isinstance(error, (json.JSONDecodeError, FileMetadataError)):
        return f"What answers at {host()} is no hub, but a proxy or a login page. Check the connection and HF_ENDPOINT."
    if isinstance(error, HFValidationError):
        return f"“{repo}” is no id that {host()} could have. Write organisation/name."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk filled up while “{repo}” was downloaded to {constants.HF_HUB_CACHE}. Free some space there. {AGAIN}"
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"The cache {constants.HF_HUB_CACHE} can't be written. Set HF_HOME to a folder that can."
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return f"A file of “{repo}” arrived with another size than {host()} gives. Try again."
    return None
