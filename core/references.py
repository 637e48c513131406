"""How a model is written: `organisation/name`, with @revision and ?head= where need be, or the address of its page on the hub."""

import re

from core.errors import ModelError, quoted

PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
REPOSITORY = re.compile(rf"{PART}/{PART}")
OLD_REPOSITORY = re.compile(PART)  # the hub's first models have no organisation: `bert-base-uncased`
REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
PAGE = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/")
HEAD_MARK = "?head="
SPELLING = "A model of the hub is written organisation/name, or organisation/name@revision for a branch, tag or commit."


def looks_like_path(reference: str) -> bool:
    """Whether a reference can only mean a folder: a hub id never begins like one."""
    return (
        reference in (".", "..", "~")
        or "\\" in reference
        or reference.startswith(("/", "./", "../", "~"))
        or ".." in reference.split("/")
    )


def parse_repository(reference: str, old_names: bool = False) -> tuple[str, str]:
    """Hub id and revision ("main" if none is given) of `org/name`, `org/name@revision` or its page's address. Raises ModelError.

    With `old_names`, an id without organisation is one too.
    """
    written = PAGE.sub("", reference.strip()).strip("/") if PAGE.match(reference.strip()) else reference.strip()
    if PAGE.match(reference.strip()) and "/tree/" in written:
        written = written.replace("/tree/", "@", 1)
    repository, mark, revision = written.partition("@")
    known = REPOSITORY.fullmatch(repository) or (old_names and OLD_REPOSITORY.fullmatch(repository))
    if not known or "--" in repository or ".." in repository or repository.endswith(".git"):
        raise ModelError(f"{quoted(reference)} is no id of a model on the hub. {SPELLING}")
    if mark and (not REVISION.fullmatch(revision) or ".." in revision):
        raise ModelError(f"{quoted(revision)} is no revision. {SPELLING}")
    return repository, revision or "main"


def name_repository(repository: str, revision: str) -> str:
    """The one way to write it: the revision only where it isn't main."""
    return repository if revision == "main" else f"{repository}@{revision}"
