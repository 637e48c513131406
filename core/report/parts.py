"""HTML from pieces: whatever is not `Html` already is escaped on its way in, so no text can be forgotten."""

from collections.abc import Iterable, Sequence

from core.markup import escape

VOID = ("br", "col", "meta")  # elements without an end


class Html(str):
    """Markup made by this package: not escaped again."""


def as_html(piece: str) -> Html:
    """The piece as it is if it is Html, else escaped."""
    return piece if isinstance(piece, Html) else Html(escape(str(piece)))


def join(*pieces: str, between: str = "") -> Html:
    """All pieces, one after the other."""
    return Html(between.join(map(as_html, pieces)))


def tag(name: str, /, *pieces: str, **attributes: str | float | None) -> Html:
    """An element. `class_` is written as class, `aria_label` as aria-label; attributes that are None are left out."""
    written = "".join(
        f' {key.strip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    return Html(f"<{name}{written}>" if name in VOID else f"<{name}{written}>{join(*pieces)}</{name}>")


def section(title: str, *pieces: str, class_: str | None = None) -> Html:
    """A part of the report under its heading."""
    return tag("section", tag("h2", title), *pieces, class_=class_)


def note(*pieces: str) -> Html:
    """How something is to be read, in smaller type."""
    return tag("p", *pieces, class_="note")


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """A list of names and what they stand for; pairs without a value are left out."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value), class_="facts")


def bullets(sentences: Iterable[str]) -> Html:
    """A list of sentences."""
    return tag("ul", *(tag("li", sentence) for sentence in sentences))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], n_names: int = 1) -> Html:
    """A table; the first `n_names` columns hold words, the others figures, set flush right. It scrolls where the page is narrow."""
    kinds = [None if i < n_names else "figure" for i in range(len(columns))]
    head = tag("tr", *(tag("th", name, class_=kind, scope="col") for name, kind in zip(columns, kinds)))
    body = (tag("tr", *(tag("td", cell, class_=kind) for cell, kind in zip(row, kinds))) for row in rows)
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll", tabindex="0")
