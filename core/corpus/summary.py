"""Sums → what a run found, for a page, a report and a file. numpy and `str`; plain values, so that it is JSON as it stands.

Intervals hold 95 %: Student's t over texts for means of words and content shares, Wilson's for accuracy, the bootstrap for samples.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

import numpy as np
from scipy.stats import t as student

from core.bootstrap import LEVEL, mean_interval
from core.corpus.notes import notes_on
from core.corpus.rationales import RationaleSums
from core.corpus.store import SCHEMA, Manifest, RunError
from core.corpus.summary_check import check_sizes
from core.corpus.sums import OUTCOMES, RIGHT, UNKNOWN, WRONG, Sums, ends
from core.errors import quoted
from core.report_check import check_types

MIN_TEXTS = 5
"""Texts that a word must stand in to be ranked."""
MOST_WORDS = 20
"""Words in each ranking."""
Z = 1.959963984540054


class Interval(TypedDict):
    """The mean over n texts, and its ends; these are None with fewer than two texts."""

    mean: float
    low: float | None
    high: float | None
    n: int


class Curve(TypedDict):
    """The same for each layer (L)."""

    mean: list[float]
    low: list[float] | None
    high: list[float] | None
    n: int


@dataclass(frozen=True, eq=False)
class Summary:
    """What a finished run found. Classes are named as the model names them, layers counted from 0, the embedding."""

    n_rows: int
    n_used: int
    n_refused: int
    refusals: list[list[Any]]
    """[number, reason] of the first refused rows."""
    method: str
    """The headline method."""
    n_layers: int
    layer: int
    """The layer recommended for most rows; `layers` are [layer, rows]."""
    layers: list[list[int]]
    predicted: dict[str, int]
    """Class → rows."""
    accuracy: Interval | None
    """None without labels."""
    confusion: list[list[Any]]
    """[label of the file, predicted class, rows], most rows first."""
    n_unlabelled: int
    """Rows without a label that names a class."""
    content_share: Curve | None
    coherence: Curve | None
    """Words recovered by the language-model head, by layer; None without a sample or a head. `log_probability` in nats."""
    log_probability: Curve | None
    faithfulness: Curve | None
    """φ by layer on a sample; `faithfulness_random` is that of a random order of the same words."""
    faithfulness_random: Interval | None
    words: dict[str, list[list[dict[str, Any]]]]
    """Class → layer → the words whose mean is surely highest, by `low`: {"word", "texts", "mean", "low", "high"}."""
    changing: dict[str, list[dict[str, Any]]]
    """Class → words whose mean changes most between early and late layers: {"word", "texts", "early", "late", "change", "low", "high"}."""
    misleading: dict[str, list[dict[str, Any]]]
    """Class → words that push towards it at `layer` in the rows where it is wrong, as in `words`, with their mean where it is right."""
    notes: list[str]
    plausibility: dict[str, Interval] | None = None
    """Agreement with people's marks at each row's recommended layer: name of a figure (`rationales.KEPT`, and `marked`: the share of the
    words that people marked) → its mean over rows. None without marks. `plausibility_by_layer`: AUPRC by layer."""
    plausibility_by_layer: Curve | None = None

    def to_json(self) -> str:
        """As summary.json has it."""
        return json.dumps({"schema": SCHEMA} | asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Summary":
        """What `to_json` wrote. RunError for anything else."""
        try:
            state = json.loads(text)
            if (schema := state.pop("schema")) != SCHEMA:
                raise RunError(
                    f"The summary is of the format {quoted(str(schema))}, and this program reads {quoted(SCHEMA)}. Make it again."
                )
            summary = cls(**state)
            check_types(summary)
            check_sizes(summary)
            return summary
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise RunError(f"The summary can't be read: {quoted(str(error) or type(error).__name__, 200)}. Make it again.") from error


def summarise(sums: Sums, manifest: Manifest, method: str) -> Summary:
    """What the sums say."""
    labels, words = manifest.labels, WordMeans(sums, manifest.labels)
    layer = min(sums.layers, key=lambda at: (-sums.layers[at], at), default=0)
    right, wrong = sums.outcomes[RIGHT], sums.outcomes[WRONG]
    confusion = sorted(sums.confusion.items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1]))
    shown = [labels[target] for target in sorted(sums.predicted)]
    marks, sampled = sums.rationales, {name: _bootstrapped(kept) for name, kept in sums.samples.items()}
    return Summary(
        n_rows=sums.n_rows, n_used=sums.n_used, n_refused=sums.n_refused, refusals=[list(one) for one in sums.refusals],
        method=method, n_layers=sums.n_layers, layer=layer, layers=[[at, sums.layers[at]] for at in sorted(sums.layers)],
        predicted={labels[target]: sums.predicted[target] for target in sorted(sums.predicted)},
        accuracy=wilson(right, right + wrong) if right + wrong else None,
        confusion=[[label, labels[target], n] for (label, target), n in confusion], n_unlabelled=sums.outcomes[UNKNOWN],
        content_share=_by_student(sums.n_used, sums.share, sums.share_squares),
        coherence=sampled["own_top1"], log_probability=sampled["own_log_probability"],
        faithfulness=sampled["faithfulness"], faithfulness_random=sampled["faithfulness_random"],
        words={name: [words.ranked(name, at) for at in range(sums.n_layers)] for name in shown},
        changing={name: words.changing(name) for name in shown},
        misleading={name: words.misleading(name, layer) for name in shown if wrong},
        notes=notes_on(sums, manifest), plausibility=_plausibility(marks),
        plausibility_by_layer=_by_student(marks.n, marks.layer_total, marks.layer_squares),
    )  # fmt: skip


class WordMeans:
    """Means by class, outcome and word, of the sums."""

    def __init__(self, sums: Sums, labels: tuple[str, ...]):
        self.n_layers, kept = sums.n_layers, sums.words
        self.rows: dict[tuple[str, str], dict[str, int]] = {}  # (class, outcome) → word → row in the arrays below
        outcomes = list(OUTCOMES.values())
        joined: dict[tuple[str, str], list[int]] = {}  # (class, word) → its entries, one an outcome
        for (target, outcome, word), at in sorted(
            kept.index.items(), key=lambda pair: (pair[0][0], pair[0][2], outcomes.index(pair[0][1]))
        ):
            self.rows.setdefault((labels[target], outcome), {})[word] = at
            joined.setdefault((labels[target], word), []).append(at)
        n, together = len(kept.index), list(joined.values())
        first = np.array([entries[0] for entries in together], int)
        self.texts, self.total, self.squares, self.change_squares = (
            np.concatenate([part[:n], _joined(part, together, first)])
            for part in (kept.texts, kept.total, kept.squares, kept.change_squares)
        )
        for place, (name, word) in enumerate(joined):
            self.rows.setdefault((name, "all"), {})[word] = n + place

    def table(self, name: str, outcome: str, min_texts: int) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Words of a class and an outcome (“all”: any) in at least so many texts, (n) texts, and (n, L) mean, low and high."""
        found = {word: at for word, at in self.rows.get((name, outcome), {}).items() if self.texts[at] >= min_texts}
        places = np.array(list(found.values()), int)
        texts = self.texts[places]
        return list(found), texts, *_student(texts[:, None], self.total[places], self.squares[places])

    def ranked(self, name: str, layer: int, outcome: str = "all") -> list[dict[str, Any]]:
        """The words that speak for a class at a layer, among those in enough texts. The surest first, by the lower end of the interval:
        by the mean alone, words of a handful of texts would fill the list."""
        words, texts, mean, low, high = self.table(name, outcome, MIN_TEXTS)
        speaks_for = np.flatnonzero(mean[:, layer] > 0).tolist()
        order = sorted(speaks_for, key=lambda at: (-low[at, layer], words[at]))[:MOST_WORDS]
        found = {"texts": texts, "mean": mean[:, layer], "low": low[:, layer], "high": high[:, layer]}
        return [{"word": words[at]} | {key: part[at].item() for key, part in found.items()} for at in order]

    def changing(self, name: str) -> list[dict[str, Any]]:
        """Words of a class by |late − early|, the surest first: by the end of the interval that is nearer to none."""
        words, texts, mean, _, _ = self.table(name, "all", MIN_TEXTS)
        places = np.array([self.rows[name, "all"][word] for word in words], int)
        early, late = (mean[:, part].mean(1) for part in ends(self.n_layers))
        change, low, high = _student(texts, (late - early) * texts, self.change_squares[places])
        sure = np.where(low > 0, low, np.where(high < 0, -high, 0.0))
        order = sorted(range(len(words)), key=lambda at: (-sure[at], words[at]))[:MOST_WORDS]
        found = {"texts": texts, "early": early, "late": late, "change": change, "low": low, "high": high}
        return [{"word": words[at]} | {key: part[at].item() for key, part in found.items()} for at in order if sure[at] > 0]

    def misleading(self, name: str, layer: int) -> list[dict[str, Any]]:
        """Words that push towards a class in the rows where it is the wrong one, with what they do where it is right."""
        rights = self.rows.get((name, RIGHT), {})
        found = self.ranked(name, layer, WRONG)
        for row in found:
            at = rights.get(row["word"])
            row["right_texts"] = 0 if at is None else int(self.texts[at])
            row["right_mean"] = None if at is None else float(self.total[at, layer] / self.texts[at])
        return found


def _joined(part: np.ndarray, together: list[list[int]], first: np.ndarray) -> np.ndarray:
    """Sums of each word over its outcomes, in the order of `together`."""
    found = part[first].copy()
    for place, entries in enumerate(together):
        for at in entries[1:]:
            found[place] += part[at]
    return found


def _student(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, low and high of sums over n ≥ 1 texts; the mean itself at both ends where there is one."""
    mean = total / n
    variance = np.maximum(squares - n * mean**2, 0) / np.maximum(n - 1, 1)
    wide = np.where(n > 1, student.ppf((1 + LEVEL) / 2, np.maximum(n - 1, 1)), 0.0) * np.sqrt(variance / n)
    return mean, mean - wide, mean + wide


def _by_student(n: int, total: np.ndarray, squares: np.ndarray) -> Any:
    return _plain(*_student(np.array(n), total, squares), n) if n else None


def _bootstrapped(values: list[np.ndarray]) -> Any:
    if not values:
        return None
    found = mean_interval(np.stack(values))
    return _plain(found.mean, found.low, found.high, len(values))


def _plain(mean: np.ndarray, low: np.ndarray, high: np.ndarray, n: int) -> Any:
    """An Interval of numbers, a Curve of (L)."""
    return {"mean": mean.tolist(), "low": low.tolist() if n > 1 else None, "high": high.tolist() if n > 1 else None, "n": n}


def _plausibility(sums: RationaleSums) -> dict[str, Interval] | None:
    if not sums.n:
        return None
    return {name: _by_student(sums.n, np.array(sums.total[name]), np.array(sums.squares[name])) for name in sums.total}


def wilson(right: int, n: int) -> Interval:
    """A share of n with Wilson's interval."""
    share = right / n
    centre, wide = share + Z**2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    low, high = ((centre + sign * wide) / (1 + Z**2 / n) for sign in (-1, 1))
    return {"mean": share, "low": float(low), "high": float(high), "n": n}
