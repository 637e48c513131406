"""Which words of two explanations stand for one another: by their places on the same text, or, on two texts, by the words themselves.

Plain data, no Streamlit. A column of the alignment is (words of the first, words of the second), indices in reading order; one of
the two is empty where a word has no partner.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

Column = tuple[tuple[int, ...], tuple[int, ...]]
MOST_FOR_ONE = 4  # words that may stand in the place of one, and share its column


def align_spans(one: np.ndarray, other: np.ndarray) -> list[Column]:
    """Columns of words (W, 2) and (W′, 2) on the same text: words that share a character share a column. Models cut words alike in
    most places, but need not everywhere, and one may have read less of the text than the other."""
    words = [(int(start), int(end), side, i) for side, spans in enumerate((one, other)) for i, (start, end) in enumerate(spans)]
    columns, reach = [], -1
    for start, end, side, i in sorted(words):
        if start >= reach:
            columns.append(([], []))
        columns[-1][side].append(i)
        reach = max(reach, end)
    return [(tuple(first), tuple(second)) for first, second in columns]


def align_words(one: Sequence[str], other: Sequence[str]) -> list[Column]:
    """Columns of two texts' words: the longest runs of equal words (whatever their case) share columns, all others stand alone."""
    folded = [[word.casefold() for word in words] for words in (one, other)]
    columns = []
    for kind, start, end, other_start, other_end in SequenceMatcher(None, *folded, autojunk=False).get_opcodes():
        if kind == "equal":
            columns += [((i,), (j,)) for i, j in zip(range(start, end), range(other_start, other_end))]
        else:
            columns += [((i,), ()) for i in range(start, end)] + [((), (j,)) for j in range(other_start, other_end)]
    return columns


def align_edited(one: Sequence[str], other: Sequence[str]) -> list[Column]:
    """Columns of a text's words and of those of the same text edited: as `align_words`, but what stands in the place of a word shares
    its column, if it is not many more words. What both texts begin and end with is not searched, so that a small edit of a long text is found at once."""
    folded = [[word.casefold() for word in words] for words in (one, other)]
    most = min(map(len, folded))
    start = next((i for i in range(most) if folded[0][i] != folded[1][i]), most)
    rest = most - start
    tail = next((i for i in range(rest) if folded[0][-1 - i] != folded[1][-1 - i]), rest)
    ends = [len(words) - tail for words in folded]
    columns = [((i,), (i,)) for i in range(start)]
    middle = SequenceMatcher(None, folded[0][start : ends[0]], folded[1][start : ends[1]], autojunk=False)
    for kind, *places in middle.get_opcodes():
        low, high, other_low, other_high = (place + start for place in places)
        here, there = range(low, high), range(other_low, other_high)
        if kind == "replace" and sorted((len(here), len(there))) in ([1, n] for n in range(1, MOST_FOR_ONE + 1)):
            columns.append((tuple(here), tuple(there)))
        elif len(here) == len(there):
            columns += [((i,), (j,)) for i, j in zip(here, there)]
        else:
            columns += [((i,), ()) for i in here] + [((), (j,)) for j in there]
    return columns + [((ends[0] + i,), (ends[1] + i,)) for i in range(tail)]
