"""What must hold of any answer to bad input."""

from collections.abc import Callable

from core.errors import SaliencyError
from tests.core.html_page import REQUESTING, Page

LONGEST = 3_000
"""Characters of a refusal."""
REFUSED = object()
FORBIDDEN = {"script", "img", "iframe", "link", "object", "embed", "form", "base", "a", "video", "audio"}


def check_sentence(said: str) -> None:
    """AssertionError unless it is fit for a page: a sentence, on one line, that UTF-8 can hold, and not endless."""
    assert 0 < len(said) <= LONGEST, f"{len(said)} characters: {said[:200]!r}"
    assert said[-1] in ".?!)”", f"no sentence: {said!r}"
    assert said.encode("utf-8").decode() == said
    strange = {sign for sign in said if not sign.isprintable() and sign not in "\xa0\u3000"}
    assert not strange, f"{strange} in {said!r}"


def refused_or(kind: type[SaliencyError], call: Callable, *arguments: object) -> object:
    """What the call gives, or REFUSED where it raises an error of this kind that is a sentence. Others pass through."""
    try:
        return call(*arguments)
    except kind as error:
        check_sentence(str(error))
        return REFUSED


def shown(text: str) -> str:
    """The text as a page must show it: what HTML can't hold is replaced sign for sign, and nothing else is changed."""
    signs = ("\N{REPLACEMENT CHARACTER}" if (c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" else c for c in text)
    return "".join(signs).replace("\xa0", " ")  # as `Page` has it


def check_harmless(html: str) -> Page:
    """The page taken apart; AssertionError where it runs, fetches or sends anything, or can't be stored."""
    page = Page(html.encode("utf-8").decode())
    assert not set(page.tags) & FORBIDDEN, set(page.tags) & FORBIDDEN
    assert not {name for name, _ in page.attributes} & REQUESTING
    assert not any(name.startswith("on") for name, _ in page.attributes)
    return page
