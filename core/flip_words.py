"""What a search for the smallest edit has covered, and what it may claim, in one honest sentence. No torch."""

from dataclasses import dataclass

from core.edits import DELETE, MASK, REPLACE

DONE_TO = {MASK: "masked", DELETE: "left out", REPLACE: "replaced"}


@dataclass(frozen=True)
class Covered:
    """What a search tried."""

    words: int
    """Of the text."""
    candidates: int
    """Words that were changed alone."""
    most: int
    """Words it was allowed to change."""
    pairs: bool
    """Whether every two of the candidates were changed together."""
    by_gradient: bool = False
    """Whether the candidates were chosen among the words of a long text."""
    fills: int = 0
    """Words tried in each place, at most; 0: words were not replaced."""


def claim(covered: Covered, way: str, n: int, flipped: bool) -> str:
    """What may be said of a result of `n` changes. Only what was tried exhaustively is called the least."""
    if not covered.candidates:
        return f"No word of this text can be {DONE_TO[way]}."
    tried = _alone(covered, way) + (", and every two of them together" if covered.pairs else "")
    if not flipped:
        more = f", then up to {covered.most} together by a greedy search" if covered.most > 1 + covered.pairs else ""
        return f"{tried}{more}. None of these flips the answer, which does not prove that nothing does."
    if n == 1:
        return "One word is the least that can be changed."
    is_all = covered.candidates == covered.words and way != REPLACE  # of words to put in a place there are always more
    if is_all and n <= 2 + covered.pairs:
        return f"{tried}. None of these flips the answer, so fewer than {n} words {DONE_TO[way]} can't."
    failed = tried if n > 1 + covered.pairs else _alone(covered, way)  # of a result of two, some two did
    greedy = "Of larger changes this is the smallest that a greedy search found, not proven smallest."
    return f"{failed}. None of these flips the answer. {greedy}"


def _alone(covered: Covered, way: str) -> str:
    if way == REPLACE:
        fills = f"each with up to {covered.fills} of the head's words in its place"
        return f"{covered.candidates} of {covered.words} words were tried alone, {fills}"
    if covered.candidates == covered.words:
        return "Every word was tried alone"
    chosen = ", those that should matter most by the gradient," if covered.by_gradient else ""
    return f"{covered.candidates} of {covered.words} words{chosen} were tried alone"
