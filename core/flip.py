"""The smallest edit that makes the classifier answer otherwise: which words to mask, leave out or replace.

A greedy search, as minimal contrastive edits are usually sought (MiCE, Ross et al. 2020, arXiv 2012.13985; after the edits by
hand of Kaushik et al. 2019, arXiv 1909.12434): each round makes the single change that lowers the said class most; what turns out
not to be needed is taken back. Every candidate is a text of its own, read as a report would read it. Of long texts, the words
tried are those whose masking should lower the class most by the gradient alone (as in HotFlip, Ebrahimi et al. 2017, arXiv
1712.06751).
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import torch

from core.edit_records import FLIP_WAYS, Flip, FlipStep
from core.edited_texts import EditedTexts, Texts
from core.edits import DELETE, MASK, REPLACE, rewrite
from core.errors import MethodError, TargetError
from core.flip_words import Covered, claim
from core.labels import SINGLE_LABEL, problem_type_of
from core.models import Classifier
from core.outputs import is_regression, resolve_classes
from core.progress import Progress, silent
from core.records import Query
from core.suggest import check_head, guess_words
from core.tokens import Reading, tokenize_windows
from core.trace import trace_layers

MOST = 8  # words changed, unless told
MOST_WORDS = 128  # words tried in the first round
LATER = 32  # changes tried in each later one: the best of the round before
TO_REPLACE = 24  # words that are replaced: those whose masking lowers the class most
FILLS = 8  # words of the head tried in each place
PAIRS_UP_TO = 24  # words of a text in which every two words are tried
SURE = {"fp32": 1e-4}  # logits by which another answer must win, so that no rounding takes it back
SURE_ELSEWHERE = 0.05

Change = tuple[int, str | None]
"""A word, and what stands in its place; None: nothing."""


def find_flip(classifier: Classifier, query: Query, way: str = MASK, most: int | None = None, tell: Progress = silent) -> Flip:
    """The smallest edit of the text of `query` found that flips what the classifier says of it, changing at most `most` words
    (None: 8) in the way of FLIP_WAYS that is asked for.

    What flips: of one class of several, the class that is said; of several labels at once, whether `query.target`, else the most
    probable one, lies above one half; so, too, of one output. Where nothing flips, the nearest that the search came.
    Raises TargetError for a regression, MethodError for a way that this model can't go, TextError, and whatever `tell` raises.
    """
    start = time.perf_counter()
    if is_regression(classifier):
        value = classifier.labels[0]
        raise TargetError(f"This model gives a value, “{value}”, so there is no answer to flip. Edit words one by one.")
    _check_way(classifier, way, most)
    search = _Search(classifier, query, way, most, tell)
    found = search.run()
    outputs = search.edited.outputs([search.text_of(found[:n]) for n in range(len(found) + 1)])
    text, pair = search.text_of(found)
    steps = [
        FlipStep(word, search.words[word], change if way == REPLACE else None, said)
        for (word, change), said in zip(found, outputs[1:])
    ]
    flipped = search.flips(search.margins([found])[0])
    claimed = claim(search.covered(), way, len(found), flipped)
    return Flip(
        way, tuple(steps), flipped, classifier.labels, search.before, outputs[0], problem_type_of(classifier.model.config),
        text, pair, search.most, search.edited.forwards, claimed, time.perf_counter() - start,
    )  # fmt: skip


def _check_way(classifier: Classifier, way: str, most: int | None) -> None:
    if way not in FLIP_WAYS:
        raise MethodError(f"An answer can't be flipped by “{way}”. Known ways: {', '.join(FLIP_WAYS)}.")
    if way == MASK and classifier.mask_token is None:
        raise MethodError("This model has no token that masks a word. Leave words out or replace them instead.")
    if way == REPLACE:
        check_head(classifier)
    if most is not None and most < 1:
        raise MethodError(f"At most {most} words may be changed; it must be 1 or more.")


class _Search:
    """One search. Used once, by one thread."""

    def __init__(self, classifier: Classifier, query: Query, way: str, most: int | None, tell: Progress):
        self.classifier, self.query, self.way, self.tell = classifier, query, way, tell
        self.reading: Reading = tokenize_windows(classifier, query.text, query.settings, query.text_pair)
        self.spans = self.reading.tokens.word_spans
        self.words = [query.joined[start:end] for start, end in self.spans]
        self.most = min(most or MOST, len(self.words))
        self.edited = EditedTexts(classifier, query.settings)
        self._is_sure = SURE.get(classifier.dtype, SURE_ELSEWHERE)
        self._say("Asking the model about the text", 0.0, 0.02)
        logits = self.edited.logits([(query.text, query.text_pair)])[0]
        self.is_single = problem_type_of(classifier.model.config) == SINGLE_LABEL
        target, _ = resolve_classes(classifier, query, [])
        self.before = int(logits.argmax()) if self.is_single or target is None else target
        self._side = 1 if logits[self.before] > 0 else -1  # of several labels at once: above one half, or not
        self._rival = int(logits.argsort()[-2]) if self.is_single else None  # the runner-up
        self._n_alone = 0
        self._pairs = False

    def run(self) -> list[Change]:
        """The changes, in the order in which they were found."""
        pool = self._candidates()
        found, alone = self._go(pool)
        self._n_alone = len({word for word, _ in alone})
        is_flipped = bool(found) and self.flips(self.margins([found])[0])
        if is_flipped:
            found = self._take_back(found)
        can_be_two = len(self.words) <= PAIRS_UP_TO and self.most >= 2
        if can_be_two and (len(found) > 2 or not is_flipped):
            found = self._try_pairs(alone) or found
        return found

    def covered(self) -> Covered:
        """What was tried until now."""
        fills = FILLS if self.way == REPLACE else 0
        return Covered(len(self.words), self._n_alone, self.most, self._pairs, len(self.words) > MOST_WORDS, fills)

    def text_of(self, changes: Iterable[Change]) -> Texts:
        """The text, or both, with these changes made."""
        return rewrite(self.query, self.spans, dict(changes))

    def margins(self, many: Sequence[Sequence[Change]]) -> np.ndarray:
        """(n) logits by which the answer still holds with each of these changes made: below 0 it is another. Infinite where they
        leave nothing to read."""
        logits = self.edited.logits([self.text_of(changes) for changes in many])
        own = logits[:, self.before]
        margins = own - np.delete(logits, self.before, axis=1).max(1) if self.is_single else self._side * own
        return np.where(np.isnan(margins), np.inf, margins)

    def flips(self, margin: float) -> bool:
        """Whether the answer is another, beyond what rounding may take back."""
        return bool(margin < -self._is_sure)

    def _go(self, pool: list[Change]) -> tuple[list[Change], dict[Change, float]]:
        """Change by change, greedily, until the answer flips or nothing lowers it; and what each does alone."""
        found: list[Any] = []
        alone: dict[Any, Any] = {}
        now = self.margins([[]])[0]
        for done in range(self.most):
            options = [change for change in pool if change[0] not in {word for word, _ in found}]
            if not options:
                break
            stage = "Trying every word alone" if not found else f"Trying each word beside the {done} changed"
            self._say(stage, 0.2 + 0.5 * done / self.most, 0.2 + 0.5 * (done + 1) / self.most)
            margins = self.margins([[*found, change] for change in options])
            alone = alone or {change: margin for change, margin in zip(options, margins.tolist()) if margin < np.inf}  # readable
            best = int(margins.argmin())
            if not margins[best] < now:
                break
            found, now = [*found, options[best]], margins[best]
            if self.flips(now):
                break
            pool = [options[i] for i in np.argsort(margins, kind="stable")[1 : LATER + 1]]
        return found, alone

    def _take_back(self, found: list[Change]) -> list[Change]:
        """Without the changes that the flip doesn't need, the least needed first."""
        self._say("Taking back what is not needed", 0.7, 0.8)
        while len(found) > 1:
            without = [[*found[:i], *found[i + 1 :]] for i in range(len(found))]
            margins = self.margins(without)
            if not self.flips(margins.min()):
                break
            found = without[int(margins.argmin())]
        return found

    def _try_pairs(self, alone: dict[Change, float]) -> list[Change]:
        """The two changes that flip the answer farthest, each word in the way that does most alone; none where no two do."""
        self._say("Trying every two words", 0.8, 1.0)
        best: dict[int, Change] = {}
        for change in sorted(alone, key=alone.__getitem__):
            best.setdefault(change[0], change)
        pairs = [list(pair) for pair in combinations(best.values(), 2)]
        if not pairs:
            return []
        self._pairs = True
        margins = self.margins(pairs)
        return pairs[int(margins.argmin())] if self.flips(margins.min()) else []

    def _candidates(self) -> list[Change]:
        """Every change that the first round tries."""
        words = self._promising
        if self.way != REPLACE:
            return [(word, self._hidden(word)) for word in words]
        self._say("Finding the words that matter", 0.02, 0.1)
        order = np.argsort(self.margins([[(word, self._hidden(word))] for word in words]), kind="stable")
        chosen = sorted(words[i] for i in order[:TO_REPLACE])
        found: list[Change] = []
        for done, word in enumerate(chosen):
            self.tell("Reading what the language-model head would put there", 0.1 + 0.1 * done / len(chosen))
            with suppress(MethodError):  # a decoder has no word for the first place of a text
                found += [(word, guess.text) for guess in guess_words(self.classifier, self.query, self.reading, word, FILLS)]
        return found

    def _hidden(self, word: int) -> str | None:
        """What stands for a word that is masked; None where it is left out."""
        mask = None if self.way == DELETE else self.classifier.mask_token
        return None if mask is None else mask * int((self.reading.tokens.word_of == word).sum())

    @cached_property
    def _promising(self) -> list[int]:
        """The words to try: all of them or, of a long text, those whose masking should lower the class most."""
        if len(self.words) <= MOST_WORDS:
            return list(range(len(self.words)))
        windows = [self.reading.batch.window(b) for b in range(len(self.reading.batch))]
        lowers, mask = [], self.classifier.mask[1]
        for done, window in enumerate(windows):
            self.tell("Finding the words that matter", 0.02 * done / len(windows))
            trace = trace_layers(self.classifier, window, self.before, self._rival)
            change = (trace.word_gradient * (mask.to(trace.words) - trace.words)).sum(-1)  # (1, T)
            lowers.append(self._side_of(change) * int(window.is_content.sum()))
        tokens = self.reading.tokens
        by_token = self.reading.stitch(lowers)[0].cpu().numpy()
        content = ~tokens.is_special
        by_word = np.bincount(tokens.word_of[content], by_token[content], len(self.words))
        return sorted(np.argsort(by_word, kind="stable")[:MOST_WORDS].tolist())

    def _side_of(self, change: torch.Tensor) -> torch.Tensor:
        return change if self.is_single else self._side * change

    def _say(self, stage: str, low: float, high: float) -> None:
        """From now on, the model's rows are told as this stage, from share to share."""
        self.edited.tell = lambda _, share: self.tell(stage, low + (high - low) * share)
