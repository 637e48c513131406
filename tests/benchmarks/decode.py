"""What decoding costs, in time and memory: `python -m tests.benchmarks.decode [--tokens 128]`.

Reference: every layer's logits materialised at once, the plain way to the same numbers.
"""

import argparse
import multiprocessing
import resource
import sys

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


def peak_growth(n_tokens: int, streamed: bool, answer) -> None:
    """In a process of its own: how far decoding raises the peak resident memory, in MB."""
    classifier, trace, batch = prepare(n_tokens)
    decode_states(classifier.lm_head, trace.hidden[:, 0, :2], batch.input_ids[0, :2], TOP_K)  # warm
    scale = 1024 if sys.platform == "linux" else 1024**2
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if streamed:
        decode_states(classifier.lm_head, trace.hidden[:, 0], batch.input_ids[0], TOP_K)
    else:
        materialise(classifier.lm_head, trace.hidden[:, 0], batch.input_ids[0])
    answer.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / scale)


def measure_peak(n_tokens: int, streamed: bool) -> float:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=peak_growth, args=(n_tokens, streamed, answer))
    process.start()
    growth = answer.get()
    process.join()
    return growth


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
        peaks = [measure_peak(n_tokens, streamed) for streamed in (False, True)]
        print(f"\nPeak memory grows by {peaks[0]:.0f} MB at once, {peaks[1]:.0f} MB streamed.")


if __name__ == "__main__":
    main()
