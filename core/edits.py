"""Edits of single words, as texts: an edited text is a text like any other, so that it can be explained, compared and linked.

Words are counted as in `Tokens.word_spans`; of a pair, both texts' words are counted in one row. No torch.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import MethodError, TextError, quoted
from core.records import Query, Tokens

MASK, DELETE, REPLACE, KEEP = "mask", "delete", "replace", "keep only"
KINDS = (MASK, DELETE, REPLACE, KEEP)
CLOSING = frozenset(".,;:!?…)]}»”’%،؛؟")  # before these no space is wanted once the word before them is gone
OPENING = frozenset("([{«“‘¿¡")  # nor behind these


@dataclass(frozen=True)
class Edit:
    """What is done to some words of a text."""

    kind: str
    """One of KINDS."""
    words: tuple[int, ...]
    """Indices into `Tokens.word_spans`."""
    replacement: str = ""
    """What is put in the place of each word, of the kind REPLACE."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise MethodError(f"Words can't be edited by “{self.kind}”. Known edits: {', '.join(KINDS)}.")


def apply_edit(query: Query, tokens: Tokens, edit: Edit, mask: str | None) -> tuple[str, str | None]:
    """The edited text, and the second one of a pair.

    `tokens`: of the report on `query`. `mask`: the token that the model's tokenizer masks with (`Capabilities.mask_token`); it is
    written once for each piece of the word. Keeping only some words of a pair leaves a text whole of which none is kept.
    Raises TextError for a word that is not there, and for an edit that leaves nothing to read; MethodError for a mask where
    the model has none.
    """
    return apply_edits(query, tokens, (edit,), mask)


def apply_edits(query: Query, tokens: Tokens, edits: Iterable[Edit], mask: str | None) -> tuple[str, str | None]:
    """Several edits at once, all counted in the words of `tokens`; of two edits of one word the later one holds, and KEEP
    stands alone. Else as `apply_edit`."""
    edits = tuple(edits)
    for edit in edits:
        _check_words(edit, len(tokens.word_spans))
    if any(edit.kind == KEEP for edit in edits):
        if len(edits) > 1:
            raise MethodError("Keeping only some words can't be done together with other edits. Do one after the other.")
        return _checked(query, _keep(query, tokens, frozenset(edits[0].words)))
    changes: dict[int, str | None] = {}
    for edit in edits:
        changes |= {word: _replaced(tokens, edit, word, mask) for word in edit.words}
    return _checked(query, rewrite(query, tokens.word_spans, changes))


def describe_edit(edit: Edit, words: Sequence[str]) -> str:
    """The edit in a few words, `words` (W) being those of the text: “wonderful” → “dull” · “wonderful” masked."""
    named = ", ".join(quoted(words[word], 30) for word in edit.words)
    said = {
        MASK: f"{named} masked",
        DELETE: f"{named} left out",
        REPLACE: f"{named} → {quoted(edit.replacement, 30)}",
        KEEP: f"only {named} kept",
    }
    return said[edit.kind]


def rewrite(query: Query, word_spans: np.ndarray, changes: Mapping[int, str | None]) -> tuple[str, str | None]:
    """The texts of `query` with words, by their index, replaced by what `changes` says; None: left out, with one space beside it.

    Nothing is checked: a text may come out empty.
    """
    texts = []
    for text, (low, high) in zip(_texts(query), query.text_spans):
        for word in sorted(changes, reverse=True):  # from the back, so that offsets before it still hold
            start, end = (int(place) - low for place in word_spans[word])
            if start >= 0 and end <= high - low:
                new = changes[word]
                text = _leave_out(text, start, end) if new is None else text[:start] + new + text[end:]
        texts.append(text)
    return texts[0], texts[1] if len(texts) > 1 else None


def _texts(query: Query) -> tuple[str, ...]:
    return (query.text,) if query.text_pair is None else (query.text, query.text_pair)


def _leave_out(text: str, start: int, end: int) -> str:
    """The text without these characters, and without one of the two spaces that would meet, or one that would hang at an edge,
    before a full stop or behind a bracket."""
    before, after = text[:start][-1:], text[end:][:1]
    if before.isspace() and (after.isspace() or not after or after in CLOSING):
        if before != " " and after == " ":  # a line break tells more than a space
            end += 1
        elif before == " " or not after.isspace():
            start -= before == " "
    elif after == " " and (not before or before in OPENING):
        end += 1
    return text[:start] + text[end:]


def _keep(query: Query, tokens: Tokens, kept: frozenset[int]) -> tuple[str, str | None]:
    texts = []
    for text, (low, high) in zip(_texts(query), query.text_spans):
        spans = [tuple(map(int, tokens.word_spans[word])) for word in sorted(kept)]
        spans = [(start - low, end - low) for start, end in spans if low <= start and end <= high]
        parts = [text[start:end] for start, end in spans]
        gaps = ["" if before[1] == after[0] else " " for before, after in itertools.pairwise(spans)]
        joined = "".join(part + gap for part, gap in zip(parts, (*gaps, "")))
        texts.append(joined if parts else text)
    return texts[0], texts[1] if len(texts) > 1 else None


def _replaced(tokens: Tokens, edit: Edit, word: int, mask: str | None) -> str | None:
    if edit.kind == DELETE:
        return None
    if edit.kind == REPLACE:
        if not edit.replacement.strip():
            raise TextError("The replacement is empty. Type a word, or leave the word out instead.")
        return edit.replacement.strip()
    if mask is None:
        raise MethodError("This model has no token that masks a word. Leave the word out or replace it instead.")
    return mask * int((tokens.word_of == word).sum())


def _check_words(edit: Edit, n_words: int) -> None:
    if not edit.words:
        raise TextError("No word was chosen. Click a word first.")
    missing = [word for word in edit.words if word not in range(n_words)]
    if missing:
        raise TextError(f"There is no word {missing[0] + 1}: {n_words} words of this text were read. Choose one of them.")


def _checked(query: Query, texts: tuple[str, str | None]) -> tuple[str, str | None]:
    """The texts, if something is left of each."""
    for number, text in enumerate(text for text in texts if text is not None):
        if not text.strip():
            name = "the text" if query.text_pair is None else ("the first text", "the second text")[number]
            raise TextError(f"This edit would leave nothing of {name} to read. Keep at least one word, or mask it instead.")
    return texts
