"""How a file is read: guessed, shown, and changed. The encoding is asked for where it isn't certain."""

from dataclasses import replace

import streamlit as st

from core.tables.format import ENCODINGS, KINDS, TEXT_KINDS, Format
from core.tables.guess import Guess
from dashboard import cached, corpus_wording, uploads, wording
from dashboard.components import notice
from dashboard.uploads import Upload

_OTHER = ("parquet", "xlsx")  # kinds that a file is or isn't: nobody need choose them


def show(upload: Upload) -> Format | None:
    """Draw the choices; returns the format, None while the encoding waits to be chosen. DataError for what can't be read."""
    mark = upload.fingerprint
    guess = _look(upload, None, None)
    member = _pick_member(guess, mark)
    mark = f"{mark}-{member}"
    guess = _look(upload, member, None) if member != guess.format.member else guess
    encoding = None
    if guess.needs:
        encoding = _ask_encoding(upload, guess, mark)
        if encoding is None:
            return None
        guess = _look(upload, member, encoding)
    for number, note in enumerate(guess.notes):
        notice.show(note, f"file-note-{number}")
    said = st.empty()
    with st.expander(corpus_wording.FORMAT):
        format = _show_details(guess, f"{mark}-{encoding}")
    said.caption(wording.plain(corpus_wording.said_of(format)))
    return format


def _look(upload: Upload, member: str | None, encoding: str | None) -> Guess:
    return cached.drawing(
        ("look", upload.fingerprint, upload.name, member, encoding), lambda: uploads.look(upload, member, encoding)
    )


def _pick_member(guess: Guess, mark: str) -> str | None:
    if len(guess.members) < 2:
        return guess.format.member
    return st.selectbox(corpus_wording.MEMBER, guess.members, key=f"member-{mark}", persist_state="session")


def _ask_encoding(upload: Upload, guess: Guess, mark: str) -> str | None:
    """The encoding that the person chose among those that read the file differently; none is taken unasked."""
    about = "readings", upload.fingerprint, guess.format.member, guess.encodings
    found = cached.drawing(about, lambda: uploads.readings(upload, guess.format.member, guess.encodings))
    st.caption(corpus_wording.ENCODING_NOTE)
    return st.radio(
        corpus_wording.ENCODING_ASKED,
        tuple(found),
        index=None,
        format_func=lambda name: wording.plain(corpus_wording.encoding_name(name)),
        captions=[wording.plain(" · ".join(pieces)) for pieces in found.values()],
        key=f"encoding-asked-{mark}",
        persist_state="session",
    )


def _show_details(guess: Guess, mark: str) -> Format:
    """The boxes, each with the guess in it until another choice is made."""
    found = guess.format
    kinds = (found.kind,) if found.kind in _OTHER else tuple(kind for kind in KINDS if kind in TEXT_KINDS)
    with st.container(horizontal=True, vertical_alignment="bottom", key="format-boxes"):
        kind = _box(corpus_wording.KIND, kinds, found.kind, f"kind-{mark}", corpus_wording.KINDS.get)
        choices = {"kind": kind}
        if kind == "csv":
            marks = tuple(dict.fromkeys((found.delimiter, *corpus_wording.SEPARATORS)))
            choices["delimiter"] = _box(
                corpus_wording.SEPARATOR,
                marks,
                found.delimiter,
                f"delimiter-{mark}",
                lambda sign: corpus_wording.SEPARATORS.get(sign, sign),
            )
        if len(guess.sheets) > 1:
            choices["sheet"] = _box(corpus_wording.SHEET, guess.sheets, found.sheet, f"sheet-{mark}", str)
        if kind in TEXT_KINDS:
            choices["encoding"] = _box(
                corpus_wording.ENCODING, ENCODINGS, found.encoding, f"encoding-{mark}", corpus_wording.encoding_name
            )
    if kind in ("csv", "tsv", "xlsx"):
        key = f"header-{mark}-{kind}"
        choices["has_header"] = st.checkbox(corpus_wording.HEADER, found.has_header, key=key, persist_state="session")
    if kind == "txt":
        choices["one_text"] = st.checkbox(corpus_wording.ONE_TEXT, key=f"one-{mark}", persist_state="session")
    return replace(found, **choices)


def _box(label: str, options: tuple, default: str | None, key: str, name) -> str:
    at = options.index(default) if default in options else 0
    return st.selectbox(label, options, index=at, key=key, format_func=name, persist_state="session")
