"""Measure which layer of a method is the most faithful, on a few texts that need no labels (METHOD 9a).

For each text the model's own prediction is explained, every layer's word scores are put to the hiding and revealing
games, and φ is averaged over texts; the layer with the highest mean is the calibrated one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from core.baselines.layers import LAYER_RUNS
from core.bootstrap import mean_interval
from core.calibration import CALIBRATED, CONTRAST, RULES, TARGET, Calibration
from core.case import Case, open_case
from core.errors import MethodError, TextError
from core.faithfulness import play_all
from core.methods import METHODS
from core.models import Classifier
from core.progress import Progress, silent
from core.records import Query

LEAST, ENOUGH, MOST = 8, 16, 32  # texts
RANDOM_ORDERS = 5
MOST_NAMED = 10  # numbers of texts that were left out
RANDOM = "random"
Text = str | tuple[str, str]


def calibrate(
    classifier: Classifier,
    texts: Iterable[Text],
    methods: Iterable[str] = CALIBRATED,
    tell: Progress = silent,
    rule: str = TARGET,
    source: str = "",
    removal: str = "mask",
    seed: int = 0,
) -> dict[str, Calibration]:
    """Method → calibration on at most 32 of the texts, drawn with `seed`; a text is a pair for a model that reads two.

    Texts that can't be read, or hold fewer than two words, are skipped and told of in the notes. `source`: where the texts
    came from, in words. Raises TextError for fewer than 8 usable texts, MethodError for a method without layers, or one
    that this model can't serve.
    """
    texts, names = list(dict.fromkeys(texts)), tuple(dict.fromkeys(methods))
    _check(classifier, names, rule)
    measured, skipped = _Measured({name: [] for name in names}, []), []
    order = np.random.default_rng(seed).permutation(len(texts))
    for place in order:
        if len(measured) == MOST:
            break
        try:
            case = _open(classifier, texts[place], rule, removal, _part(tell, len(measured), min(MOST, len(texts))))
        except TextError:
            skipped.append(int(place) + 1)
            continue
        measured.add(case, names)
    if len(measured) < LEAST:
        raise TextError(
            f"{len(measured)} of the {len(texts)} different texts can be used; a calibration needs at least {LEAST}, better {ENOUGH} "
            f"to {MOST}, each of two words or more. Give more texts of the kind that you will ask about."
        )
    notes = _notes(len(measured), sorted(skipped))
    head = {name: classifier.lm_source if METHODS[name].needs_head else "" for name in names}
    about: dict[str, Any] = {"model": classifier.spec.name, "revision": classifier.revision, "rule": rule, "removal": removal, "source": source}
    return {name: Calibration(**about, head=head[name], method=name, **measured.summary(name, seed), seed=seed, notes=notes) for name in names}


@dataclass
class _Measured:
    """φ of every text so far."""

    phi: dict[str, list[np.ndarray]]
    """Method → (L) a text."""
    random: list[float]

    def __len__(self) -> int:
        return len(self.random)

    def add(self, case: Case, names: Sequence[str]) -> None:
        """Play the games of one text: all layers of all methods at once, so that no masked text is run twice."""
        by_layer = {name: cast("np.ndarray", LAYER_RUNS[name](case).by_layer) for name in names}  # methods with layers
        rankings = {(name, layer): row[None] for name, rows in by_layer.items() for layer, row in enumerate(rows)}
        chance = np.random.default_rng(case.masked.seed)
        games = play_all(case.masked, rankings | {RANDOM: chance.random((RANDOM_ORDERS, case.n_words))})
        self.random.append(games[RANDOM].faithfulness)
        for name, rows in by_layer.items():
            self.phi[name].append(np.array([games[name, layer].faithfulness for layer in range(len(rows))]))

    def summary(self, name: str, seed: int) -> dict[str, Any]:
        """The figures of a calibration; intervals by the bootstrap over texts."""
        phi = np.stack(self.phi[name])  # (texts, L)
        over = mean_interval(phi, seed)
        best = int(over.mean.argmax())
        lead = mean_interval(phi[:, [best]] - phi, seed)
        ties = tuple(np.flatnonzero(~lead.excludes_zero & (np.arange(phi.shape[1]) != best)).tolist())
        figures = {key: tuple(np.round(value, 4).tolist()) for key, value in (("phi", over.mean), ("low", over.low), ("high", over.high))}
        return {"layer": best, **figures, "ties": ties, "random": round(float(np.mean(self.random)), 4), "n_texts": len(phi)}


def _check(classifier: Classifier, names: Sequence[str], rule: str) -> None:
    """MethodError for what can't be calibrated."""
    unknown = [name for name in names if name not in CALIBRATED]
    if unknown or not names:
        got = f"“{unknown[0]}” has no layers to choose from" if unknown else "No method is named"
        raise MethodError(f"{got}. Methods that have: {', '.join(CALIBRATED)}.")
    if rule not in RULES:
        raise MethodError(f"There is no target rule “{rule}”. Known rules: {', '.join(RULES)}.")
    if rule == CONTRAST and len(classifier.labels) < 2:
        raise MethodError("The model has one output, so there is no contrast to calibrate for. Calibrate for the target alone.")
    headless = [name for name in names if METHODS[name].needs_head]
    if headless and classifier.lm_head is None:
        raise MethodError(f"“{METHODS[headless[0]].label}” is not to be had with this model. {classifier.missing_head}")


def _part(tell: Progress, done: int, total: int) -> Progress:
    """What a text's own steps tell: they may stop the work, too."""

    def step(_: str, share: float) -> None:
        tell(f"Calibrating on text {done + 1} of {total}", (done + min(share, 1.0)) / total)

    step("", 0.0)
    return step


def _open(classifier: Classifier, text: Text, rule: str, removal: str, tell: Progress) -> Case:
    """The case of one text, its prediction explained, for a contrast rather than the runner-up. Raises TextError."""
    first, second = (text, None) if isinstance(text, str) else text
    case = open_case(classifier, Query(classifier.spec.name, first, text_pair=second), removal, tell)
    if case.n_words < 2:
        raise TextError("A text of one word can be hidden in one order only. Give a longer one.")
    if rule == TARGET:
        return case
    logits = case.prediction.logits.copy()
    logits[case.target] = -np.inf
    labels = classifier.labels
    asked = replace(case.query, target=labels[case.target], against=labels[int(logits.argmax())])
    return open_case(classifier, asked, removal, tell)


def _notes(n_texts: int, skipped: Sequence[int]) -> tuple[str, ...]:
    """What to know of the texts. Their numbers only: a calibration holds no text."""
    notes = []
    if n_texts < ENOUGH:
        notes.append(f"That is few: {ENOUGH} to {MOST} texts choose the layer more reliably.")
    if skipped:
        numbers = ", ".join(map(str, skipped[:MOST_NAMED])) + (" …" if len(skipped) > MOST_NAMED else "")
        notes.append(f"Left out, as they could not be read or had fewer than two words: {len(skipped)} of the texts (numbers {numbers}).")
    return tuple(notes)


def servable(classifier: Classifier) -> tuple[str, ...]:
    """The methods with layers that this model serves."""
    return tuple(name for name in CALIBRATED if classifier.lm_head is not None or not METHODS[name].needs_head)
