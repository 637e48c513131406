"""What is run on which texts. Every part can be stopped and repeated: it goes on where it was."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from core.baselines import RUNS
from core.baselines.integrated import run_integrated
from core.baselines.perturbations import lime
from core.case import Case
from core.catalog import find_model
from core.comparison import WordScores
from core.errors import MethodError
from core.evaluate import evaluate
from core.labelled import read_labelled
from core.measure import Plan, Run
from core.models import load_classifier
from core.saliency import seed_of
from tests.benchmarks.faithfulness.data import write_news, write_rationales, write_reviews

LOG = logging.getLogger(__name__)
RARE = ("smooth_grad", "deep_lift", "value_zeroing", "decompx", "kernel_shap", "lime 200", "integrated_pad 20", "integrated_zero 20")
EVERY = 3  # the rare methods run on one text of so many, chosen by the text's seed, to save hours
LAYERED = ("decoded", "undecoded", "faithful")  # games are played with every layer of these
NOT_RUN = ("path9", "path17")
SEED = 4
CHANCE = ("random", "smooth_grad", "fast", "faithful", "accurate", "refined", "lime 200", "kernel_shap", "ridge_shap")
INTEGRATED = {f"{name} {steps}": (name, steps) for name, steps in (
    ("integrated_mask", 20), ("integrated_mask", 50), ("integrated_pad", 20), ("integrated_zero", 20),
)}  # fmt: skip


def run_for_study(case: Case, run: Run, has_layers: bool) -> WordScores:
    """The method's row; without its layers where no games are played with them."""
    row = run(case)
    return row if has_layers else replace(row, by_layer=None)


def run_rarely(case: Case, run: Run) -> WordScores:
    """On one text of EVERY; on the others a refusal."""
    if seed_of(case.windows[0]) % EVERY:
        raise MethodError(f"Run on one text of {EVERY} only.")
    return run(case)


def study_runs(part: "Part") -> dict[str, Run]:
    """Name in the table → what runs it: the wall's methods as the page has them, but for integrated gradients with fixed steps
    and LIME with one seed, so that rows can be compared."""
    plain = [name for name in RUNS if not name.startswith("integrated") and name not in ("lime", *NOT_RUN)]
    runs = {name: partial(run_for_study, run=RUNS[name], has_layers=name in LAYERED) for name in plain}
    runs |= {name: partial(run_integrated, name=method, steps=steps) for name, (method, steps) in INTEGRATED.items()}
    runs["lime 200"] = partial(lime, samples=200, seeds=1)
    if part.only is not None:
        return {name: runs[name] for name in part.only}
    return {name: partial(run_rarely, run=run) if name in RARE else run for name, run in runs.items()}


@dataclass(frozen=True)
class Part:
    """One process: a model, a file of texts, and what is measured on them."""

    model: str
    write: Callable
    n: int
    removals: tuple[str, ...]
    only: tuple[str, ...] | None = None
    series: int = 1


PARTS = {
    "sst2": Part("sentiment", write_reviews, 240, ("mask", "delete")),
    "agnews": Part("news", write_news, 240, ("mask", "delete")),
    "eraser": Part("sentiment", write_rationales, 80, ()),
    "sst2-seeds": Part("sentiment", write_reviews, 12, (), only=CHANCE, series=5),
    "agnews-seeds": Part("news", write_news, 12, (), only=CHANCE, series=5),
}


def run_part(name: str, data: Path, out: Path, n: int | None = None) -> Path:
    """Measure one part and write OUT/NAME.json."""
    part, target = PARTS[name], out / f"{name}.json"
    classifier = load_classifier(find_model(part.model), device="cpu")
    texts = out / f"{name}.jsonl"
    part.write(data, texts, classifier)
    plan = Plan(study_runs(part), part.removals, part.series)
    LOG.info("%s: %d methods on %d texts", name, len(plan.runs), n or part.n)
    evaluate(classifier, read_labelled(texts), plan, n or part.n, SEED, target, _log, "decoded")
    return target


def _log(stage: str, share: float) -> None:
    LOG.info("%s", stage)
