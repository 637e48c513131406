"""What LIME and KernelSHAP cost: `python -m tests.benchmarks.perturbation [--tokens 32 128] [--interpreto PYTHON]`.

References: Captum on the same model, the same masks and the same regression, one text at a time and in batches; and, where PYTHON
is an interpreter that has interpreto 0.5.2, that package with as many samples of its own, in a process of its own
(`interpreto_worker.py`), as its requirements are not ours.
"""

import argparse
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import KernelShap, Lime

from core.baselines.perturbations import LIME_PENALTY, kernel_shap, lime, lime_masks, lime_weights
from core.baselines.shapley import shapley_masks
from core.case import Case, open_case
from core.catalog import CATALOG
from core.models import load_classifier
from core.records import Query
from core.saliency import seed_of
from tests.benchmarks.timing import median_seconds, print_machine, print_ratios
from tests.benchmarks.trace import text_of

MODEL = "sentiment"
HEAVY = 1e4  # weight of the two ends, which our regression meets exactly


def masks_of(case: Case, method: str, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, W) bool and (n) weights: what our method asks for with its first seed."""
    draw = np.random.default_rng([seed_of(case.windows[0]), 0])
    if method == "lime":
        masks = lime_masks(case.n_words, samples, draw)
        return masks, lime_weights(masks)
    masks, weights = shapley_masks(case.n_words, samples - 2, draw)
    ends = np.array([[False], [True]]).repeat(case.n_words, 1)
    return np.concatenate([ends, masks]), np.concatenate([[HEAVY, HEAVY], weights])


def captum(case: Case, method: str, masks: np.ndarray, weights: np.ndarray, batch: int) -> np.ndarray:
    """(T) Captum's scores from these masks, `batch` texts at a time."""
    ids, words = case.reading.batch.input_ids, torch.tensor(case.reading.tokens.word_of)[None]
    baseline = torch.where(words < 0, ids, case.classifier.tokenizer.mask_token_id)
    weight_of = {row.tobytes(): float(weight) for row, weight in zip(masks, weights)}

    def ask(rows: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return case.classifier.model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits.softmax(-1)[:, case.target]

    def draw(*_, **__):
        yield from (torch.tensor(row[None]).long() for row in masks)

    def weigh(_, __, row: torch.Tensor, **___) -> torch.Tensor:
        return torch.tensor([weight_of[row.bool().numpy().tobytes()]])

    if method == "lime":
        explainer = Lime(ask, SkLearnRidge(alpha=LIME_PENALTY), weigh, draw)
    else:
        explainer = KernelShap(ask)
        explainer.similarity_func, explainer.perturb_func = weigh, draw
    settings = {"n_samples": len(masks), "perturbations_per_eval": batch, "feature_mask": words.clamp_min(0)}
    return explainer.attribute(ids, baselines=baseline, **settings)[0].numpy()


def ours(case: Case, method: str, samples: int) -> np.ndarray:
    """(W) our scores of one seed, nothing remembered from the last time."""
    case.__dict__.pop("masked", None)
    case.answers.clear()
    run = {"lime": lambda: lime(case, samples, seeds=1), "kernel_shap": lambda: kernel_shap(case, samples)}[method]
    return run().scores


class Interpreto:
    """interpreto in a process of another environment, on the same folder of weights and with as many threads."""

    def __init__(self, python: str):
        worker = Path(__file__).with_name("interpreto_worker.py")
        threads = str(torch.get_num_threads())
        order = [python, str(worker), str(CATALOG[MODEL].path), threads]
        self.process = subprocess.Popen(
            order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=os.environ | {"OMP_NUM_THREADS": threads}
        )

    def ask(self, **wanted) -> list[float]:
        """Scores of one explanation; RuntimeError where the other side ended."""
        self.process.stdin.write(json.dumps(wanted) + "\n")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The interpreter with interpreto ended with {self.process.wait()}.")
        return json.loads(line)


def compare(case: Case, method: str, tokens: int, args: argparse.Namespace, rival: Interpreto | None) -> None:
    """One table: our method, Captum's at each batch size, and interpreto's."""
    masks, weights = masks_of(case, method, args.samples)
    here = ours(case, method, args.samples)
    there = captum(case, method, masks, weights, 16)
    first = [int(np.flatnonzero(case.reading.tokens.word_of == word)[0]) for word in range(case.n_words)]
    off = np.abs(here - there[first]).max()
    contestants = {"ours": lambda: ours(case, method, args.samples)}
    for batch in args.batch:
        contestants[f"Captum, perturbations_per_eval {batch}"] = lambda batch=batch: captum(case, method, masks, weights, batch)
    for batch in args.interpreto_batch if rival else ():
        wanted = {"text": case.query.text, "method": method, "samples": args.samples, "batch": batch}
        contestants[f"interpreto, batch_size {batch}"] = lambda wanted=wanted: rival.ask(**wanted)
    seconds = median_seconds(contestants, args.rounds, warm_up=1)
    print_ratios(f"{method}, {args.samples} samples, {tokens} tokens, {case.n_words} words", seconds, "ours")
    print(f"\nLargest difference of our scores from Captum's: {off:.1e} of {np.abs(here).max():.2f}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 50], help="Captum's perturbations_per_eval")
    parser.add_argument("--interpreto", help="an interpreter that has interpreto 0.5.2 installed; `peers` makes one in its --venvs")
    parser.add_argument("--interpreto-batch", type=int, nargs="+", default=[4, 50], help="its batch_size; 4 is its default")
    args = parser.parse_args()
    classifier = load_classifier(CATALOG[MODEL], device="cpu")
    rival = Interpreto(args.interpreto) if args.interpreto else None
    print_machine()
    for tokens in args.tokens:
        case = open_case(classifier, Query(MODEL, text_of(classifier, tokens)))
        for method in ("lime", "kernel_shap"):
            compare(case, method, tokens, args, rival)
    if rival:
        rival.process.stdin.close()
        rival.process.wait()


if __name__ == "__main__":
    main()
