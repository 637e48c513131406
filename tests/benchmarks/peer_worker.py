"""One contestant of `peers.py`, in a process of its own: `PYTHON -m tests.benchmarks.peer_worker PEER FOLDER THREADS`.

Imports nothing of the project but for the contestant `ours`, as PYTHON may be of another environment. Each line of JSON on
standard input is one order, each line out its answer:

    {"do": "explain", "method", "text", "target"} → {"spans", "scores", "is_layered", "forwards", "backwards"}
    {"do": "time",    …} → {"seconds", "bare"}    the bare forward and backward pass is timed in the same breath
    {"do": "growth",  …} → {"bytes"}              how far memory rose above where it stood with the model loaded

An order that fails is answered with {"error": "Type: sentence"}.
"""

import ctypes
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

SAMPLES, STEPS, BATCH = 200, 50, 16  # of every method that can be told
WARM_UP = "A quiet film."
BARE_RUNS = 3
SIDES = {  # peer → module that has it, its package
    "ours": ("peer_worker_home", None),
    "captum": ("peer_worker_home", "captum"),
    "shap": ("peer_worker_home", "shap"),
    "ferret": ("peer_worker_rivals", "ferret-xai"),
    "transformers-interpret": ("peer_worker_rivals", "transformers-interpret"),
    "interpreto": ("peer_worker_rivals", "interpreto"),
    "lit": ("peer_worker_lit", "lit-nlp"),
}
Span = tuple[int, int] | None


@dataclass(frozen=True)
class Found:
    """What a contestant says of a text."""

    spans: list[Span]
    """(U) characters of each unit that is scored; None: a special token."""
    scores: Any
    """(U), or (L, U) where there is one map a layer; None: no scores of its own."""


Explain = Callable[[str, int], Found]


@dataclass(frozen=True, eq=False)
class Side:
    """A contestant ready to be asked."""

    model: Any
    tokenizer: Any
    methods: dict[str, Explain]
    """Name → function of a text and the index of the class explained."""


def load_plain(folder: str) -> tuple[Any, Any]:
    """Model and tokenizer as anybody loads them."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    return AutoModelForSequenceClassification.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def token_spans(tokenizer: Any, text: str, n_scores: int) -> list[Span]:
    """Characters of each token, special ones None where the contestant scores them, too."""
    read = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True, truncation=True)
    found = [None if special else tuple(span) for span, special in zip(read["offset_mapping"], read["special_tokens_mask"])]
    if n_scores == len(found):
        return found
    content = [span for span in found if span is not None]
    if n_scores != len(content):
        raise ValueError(f"{n_scores} scores for a text of {len(content)} tokens ({len(found)} with special ones)")
    return content


def word_spans(tokenizer: Any, text: str) -> list[Span]:
    """Characters of each of the tokenizer's own words."""
    read, found = tokenizer(text, return_offsets_mapping=True, truncation=True), {}
    for word, (start, end) in zip(read.word_ids(), read["offset_mapping"]):
        if word is not None:
            found[word] = (found.get(word, (start,))[0], end)
    return [found[word] for word in sorted(found)]


def piece_spans(text: str, pieces: list[str]) -> list[Span]:
    """Characters of each piece, found one after the other, whatever the case; None for one that the text doesn't hold."""
    found, at, lower = [], 0, text.lower()
    for piece in pieces:
        piece = piece.strip().lower().removeprefix("##")
        start = lower.find(piece, at) if piece else -1
        found.append(None if start < 0 else (start, start + len(piece)))
        at = at if start < 0 else start + len(piece)
    return found


class CountedRows:
    """Counts the rows that go forward through a model's layers, and back into them, while it lasts. The classifier's own head
    read alone, as our report does for each layer, is no pass."""

    def __init__(self, model: torch.nn.Module):
        self.model, self.forwards, self.backwards = model, 0, 0

    def __enter__(self) -> "CountedRows":
        self.handle = self.model.base_model.register_forward_hook(self._went_forward)
        return self

    def __exit__(self, *_: object) -> None:
        self.handle.remove()

    def _went_forward(self, _: object, __: object, output: Any) -> None:
        state = output[0]  # of the last layer
        self.forwards += len(state)
        if state.requires_grad:
            state.register_hook(self._went_back)

    def _went_back(self, gradient: torch.Tensor) -> None:
        self.backwards += len(gradient)


def bare(side: Side, text: str, target: int) -> None:
    """One forward pass, and one backward pass to the word embeddings."""
    read = side.tokenizer(text, return_tensors="pt", truncation=True)
    words = side.model.get_input_embeddings()(read["input_ids"]).detach().requires_grad_()
    logits = side.model(inputs_embeds=words, attention_mask=read["attention_mask"]).logits
    torch.autograd.grad(logits[:, target].sum(), words)


def seconds_of(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def explain(side: Side, method: str, text: str, target: int) -> dict[str, Any]:
    with CountedRows(side.model) as rows:
        found = side.methods[method](text, target)
    scores = None if found.scores is None else torch.as_tensor(found.scores).double()
    return {
        "spans": found.spans,
        "scores": None if scores is None else scores.tolist(),
        "is_layered": scores is not None and scores.ndim == 2,
        "forwards": rows.forwards,
        "backwards": rows.backwards,
    }


def measure_time(side: Side, method: str, text: str, target: int) -> dict[str, Any]:
    before = statistics.median(seconds_of(lambda: bare(side, text, target)) for _ in range(BARE_RUNS))
    return {"bare": before, "seconds": seconds_of(lambda: side.methods[method](text, target))}


def measure_growth(side: Side, method: str, text: str, target: int) -> dict[str, Any]:
    """The system's high-water mark, set back before the run (Linux)."""
    call = side.methods.get(method) or (lambda text, target: bare(side, text, target))
    call(WARM_UP, target)  # what is made once, at the first call, belongs to no text
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what loading left behind would be used first, and hide the growth
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except (OSError, AttributeError, TypeError) as error:
        raise OSError("this system does not set its high-water mark back") from error
    before = _status("VmRSS")
    call(text, target)
    return {"bytes": max(0, _status("VmHWM") - before)}


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


ORDERS = {"explain": explain, "time": measure_time, "growth": measure_growth}


def main() -> None:
    peer, folder, threads = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what a package prints is no answer
    torch.set_num_threads(int(threads))
    module, package = SIDES[peer]
    side = getattr(import_module(f"tests.benchmarks.{module}"), peer.replace("-", "_"))(folder)
    packages = ("torch", "transformers", *([package] if package else []))
    print(json.dumps({"versions": {name: version(name) for name in packages}, "methods": list(side.methods)}), file=answers)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = ORDERS[order.pop("do")](side, **order)
        except Exception as error:  # whatever a package raises is told in the table
            said = str(error).strip().splitlines() or [""]
            answer = {"error": f"{type(error).__name__}: {said[0][:200]}"}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
