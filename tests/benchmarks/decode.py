"""What decoding costs, in time and memory: `python -m tests.benchmarks.decode [--tokens 128]`.

Reference: every layer's logits materialised at once, the plain way to the same numbers.
"""

import argparse
import gc
import resource
import threading
from collections.abc import Callable

import torch

from core.catalog import CATALOG
from core.decode import decode_states
from core.models import load_classifier
from core.records import Settings
from core.saliency import decoding_weights
from core.tokens import tokenize_windows
from core.trace import trace_layers
from tests.benchmarks.timing import median_seconds, print_machine, print_ratios
from tests.benchmarks.trace import text_of

TOP_K = 5


def materialise(head, hidden: torch.Tensor, own_ids: torch.Tensor) -> tuple:
    """The same results from one tensor of L × T × V."""
    with torch.no_grad():
        logits = torch.stack([head.logits(state, layer == len(hidden) - 1) for layer, state in enumerate(hidden)])  # (L, T, V)
        log_probabilities = logits.log_softmax(-1)
        top = log_probabilities.topk(TOP_K)
        own = log_probabilities.gather(-1, own_ids.expand(len(hidden), -1)[..., None])
        return top.indices, top.values.exp(), (log_probabilities > own).sum(-1) + 1, own


def prepare(n_tokens: int):
    """Classifier, trace and token ids for a text of `n_tokens`."""
    classifier = load_classifier(CATALOG["sentiment"])
    batch = tokenize_windows(classifier, text_of(classifier, n_tokens), Settings()).batch
    return classifier, trace_layers(classifier, batch, 0), batch


def measure_peak(call: Callable[[], object]) -> float:
    """How far resident memory rises above where it stood while `call` runs, in MB, looked at every half millisecond."""
    gc.collect()
    before, peak, done = resident_bytes(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.0005):
            peak = max(peak, resident_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    call()
    done.set()
    watcher.join()
    return max(0, peak - before) / 2**20


def resident_bytes() -> int:
    """Linux only: the second number of /proc/self/statm, in pages."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128, 512])
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    print_machine()
    for n_tokens in args.tokens:
        classifier, trace, batch = prepare(n_tokens)
        head, hidden, ids = classifier.lm_head, trace.hidden[:, 0], batch.input_ids[0]
        contestants = {
            "every layer's logits at once": lambda: materialise(head, hidden, ids),
            "streamed (top words, ranks, probabilities)": lambda: decode_states(head, hidden, ids, TOP_K),
            "the input's own columns alone": lambda: decoding_weights(head, trace.hidden, batch),
        }
        print_ratios(f"Decoding {hidden.shape[0]} states of {hidden.shape[1]} tokens", median_seconds(contestants, args.rounds), next(iter(contestants)))
        peaks = [measure_peak(call) for call in list(contestants.values())[:2]]
        print(f"\nA process that has done it before grows by {peaks[0]:.0f} MB at once, {peaks[1]:.0f} MB streamed; `peak_memory` has all that it takes.")


if __name__ == "__main__":
    main()
