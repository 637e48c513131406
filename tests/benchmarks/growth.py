"""How cost grows with tokens, layers, vocabulary and texts: `python -m tests.benchmarks.growth [--only tokens …] [--quick]`.

Random models, one thing varied at a time, all sizes of a thing interleaved. The slope is that of log seconds over log size, by
least squares over all sizes and over the largest half; the theory is the slope of the operations that must be done (`work.py`) over the
same sizes, so 1 is linear and 2 square. A measured slope below the theory's is the fixed cost of a call, which small sizes don't
repay; above it, something grows that shouldn't. Tokens beyond a window are traced in one piece here (ModernBERT, every third layer
looking at all tokens), which the page would read in windows. How cost grows with the rows of a file is in `corpus.py`, with people in `room.py`.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Iterable

import torch

from core.decode import decode_states
from core.models import Classifier
from core.trace import trace_layers
from tests.benchmarks.random_models import build_classifier, draw_batch
from tests.benchmarks.timing import interleaved_seconds, print_machine
from tests.benchmarks.work import decode_flops, pass_flops

SMALL = dict(vocab_size=17_000, hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024)
LONG = SMALL | dict(model_type="modernbert", intermediate_size=512, max_position_embeddings=4098)
BERT = SMALL | dict(model_type="bert")
HEAD = "| varied | what | slope (quartiles) | theory | slope, larger half | theory | median ms at each size |\n|---|---|---:|---:|---:|---:|---|"
THINGS = {  # what is varied → (its sizes, config, tokens and texts at one size)
    "tokens": ([16, 32, 64, 128, 256, 512, 1024, 2048, 4096], lambda size: LONG, lambda size: (size, 1)),
    "layers": ([2, 4, 8, 16, 32, 48], lambda size: BERT | dict(num_hidden_layers=size), lambda size: (128, 1)),
    "vocabulary": ([8_000, 16_000, 32_000, 64_000, 128_000, 256_000], lambda size: BERT | dict(vocab_size=size), lambda size: (128, 1)),
    "texts": ([1, 2, 4, 8, 16, 32], lambda size: BERT, lambda size: (64, size)),
}


def slope(sizes: Iterable[float], values: Iterable[float]) -> float:
    """Least squares of log value over log size."""
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values]).slope


def measure(thing: str, rounds: int, n_sizes: int | None) -> list[str]:
    """The table's rows of one thing: seconds of trace and decoding at each size, and the slopes."""
    sizes, config, shape = THINGS[thing]
    sizes = sizes[:n_sizes]
    built: dict[str, Classifier] = {}
    contestants: dict[tuple[str, int], Callable[[], object]] = {}
    work: dict[str, list[int]] = {"trace": [], "decoding": []}
    for size in sizes:
        classifier = built.get(str(config(size))) or build_classifier(**config(size))
        built[str(config(size))] = classifier
        contestants |= _calls(classifier, size, *shape(size))
        work["trace"].append(pass_flops(classifier, *shape(size)))
        work["decoding"].append(decode_flops(classifier, *shape(size)))
    taken = interleaved_seconds(contestants, rounds, warm_up=1)
    return [slope_row(thing, what, sizes, [taken[what, size] for size in sizes], work[what]) for what in work if (thing, what) != ("vocabulary", "trace")]


def _calls(classifier: Classifier, size: int, n_tokens: int, n_texts: int) -> dict:
    batch = draw_batch(classifier, n_tokens, n_texts)
    hidden, ids = trace_layers(classifier, batch, 0).hidden.flatten(1, 2), batch.input_ids.flatten()
    return {
        ("trace", size): lambda: trace_layers(classifier, batch, 0),
        ("decoding", size): lambda: decode_states(classifier.lm_head, hidden, ids, 5),
    }


def slope_row(thing: str, what: str, sizes: list[int], taken: list[list[float]], work: list[float]) -> str:
    """A row of the table: seconds of every round at each size, beside the work that each size is."""
    medians, half = [statistics.median(seconds) for seconds in taken], len(sizes) // 2
    per_round = [slope(sizes, seconds) for seconds in zip(*taken)]
    low, middle, high = statistics.quantiles(per_round, n=4, method="inclusive")
    over = ", ".join(f"{seconds * 1000:.0f}" for seconds in medians)
    upper = f"{slope(sizes[half:], medians[half:]):.2f} | {slope(sizes[half:], work[half:]):.2f}"
    return f"| {thing} {sizes[0]:,}–{sizes[-1]:,} | {what} | {middle:.2f} ({low:.2f}–{high:.2f}) | {slope(sizes, work):.2f} | {upper} | {over} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=THINGS, default=list(THINGS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="that share one operation on the processor")
    parser.add_argument("--quick", action="store_true", help="three sizes, two rounds: whether it works, not how fast it is")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print_machine()
    print(f"\n{HEAD}")
    for thing in args.only:
        for row in measure(thing, 2 if args.quick else args.rounds, 3 if args.quick else None):
            print(row, flush=True)


if __name__ == "__main__":
    main()
