"""How far the engine is from what the machine can do: `python -m tests.benchmarks.limit [--models sentiment …] [--quick]`.

The limit is arithmetic: the operations of the matrix products that can't be left out (`work.py`), over the rate at which this
machine multiplies matrices. That rate is measured in the same interleaved rounds, once on a big square product and once on the
pass's own products; ratios are to the faster of the two. A ratio is taken within each round; the table has the median and the quartiles.
Everything else (attention's softmax, GELU, normalisation, Python) is what a ratio above 1 is made of.

“all that a page needs” is `analyse` on one text: tokens, trace, scores of all one-pass methods, every state decoded with exact ranks and
probabilities, profiles. Its own limit is the sum of the two. Larger cases than `--budget` billion operations are not run. On a graphics card a decoder of
1.2 billion parameters is measured too; the share of the card's peak is 1 over the ratio to the limit.
"""

import argparse
import gc
import statistics

import torch

from core.decode import decode_states
from core.models import Classifier
from core.pipeline import analyse
from core.records import Query
from core.trace import trace_layers
from tests.benchmarks.random_models import draw_batch, load_any
from tests.benchmarks.timing import interleaved_seconds, print_machine, ratio_and_spread
from tests.benchmarks.work import bare_batch, counted_flops, decode_flops, pass_flops, pass_products, run_products

MODELS, LARGE = ["sentiment", "news", "bert-base", "roberta-large"], ["llama-1b"]
SQUARE, TOP_K = 4096 if torch.cuda.is_available() else 1024, 5  # as large as a device needs to show its rate
HEADINGS = (
    "model", "tokens", "texts", "10⁹ operations: pass, decoding", "rate 10⁹/s: square, own", "bare ÷ limit", "trace ÷ limit", "trace ÷ bare",
    "decoding ÷ limit", "page ÷ bare", "page ÷ limit",
)  # fmt: skip


def text_of_length(classifier: Classifier, batch) -> str:
    """The batch's first text in words that the tokenizer splits into those very pieces or nearly so."""
    return classifier.tokenizer.decode(batch.input_ids[0, 1:-1])


def measure(classifier: Classifier, name: str, n_tokens: int, n_texts: int, rounds: int) -> list[str]:
    """One row of the table."""
    batch = draw_batch(classifier, n_tokens, n_texts)
    hidden = trace_layers(classifier, batch, 0).hidden.flatten(1, 2)  # (L, B × T, D)
    own_ids, products = batch.input_ids.flatten(), pass_products(classifier, n_tokens, n_texts)
    contestants = {
        "square": run_products([(SQUARE, SQUARE, SQUARE, 1)], classifier.device),
        "own": run_products(products, classifier.device),
        "bare": lambda: bare_batch(classifier, batch),
        "trace": lambda: trace_layers(classifier, batch, 0),
        "decode": lambda: decode_states(classifier.lm_head, hidden, own_ids, TOP_K),
    }
    if n_texts == 1:
        text = text_of_length(classifier, batch)
        contestants["page"] = lambda: analyse(classifier, Query(name, text))
    taken = interleaved_seconds(contestants, rounds, warm_up=1)
    work, reading = pass_flops(classifier, n_tokens, n_texts), decode_flops(classifier, n_tokens, n_texts)
    own_work = sum(2 * m * k * n * times for m, k, n, times in products)
    rates = [(2 * SQUARE**3 / square, own_work / own) for square, own in zip(taken["square"], taken["own"])]
    limit, reading_limit = ([flops / max(rate) for rate in rates] for flops in (work, reading))
    both = [one + other for one, other in zip(limit, reading_limit)]
    middle = [statistics.median(rate) for rate in zip(*rates)]
    page = [ratio_and_spread(taken["page"], other) for other in (taken["bare"], both)] if "page" in taken else ["", ""]
    return [
        name, str(n_tokens), str(n_texts), f"{work / 1e9:.1f}, {reading / 1e9:.1f}", f"{middle[0] / 1e9:.0f}, {middle[1] / 1e9:.0f}",
        ratio_and_spread(taken["bare"], limit), ratio_and_spread(taken["trace"], limit), ratio_and_spread(taken["trace"], taken["bare"]),
        ratio_and_spread(taken["decode"], reading_limit), *page,
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=[*MODELS, *(LARGE if torch.cuda.is_available() else [])])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128, 512])
    parser.add_argument("--texts", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="that share one operation on the processor")
    parser.add_argument("--budget", type=float, default=500, help="10⁹ operations of the largest case, pass and decoding together")
    parser.add_argument("--quick", action="store_true", help="two small cases, three rounds: whether it works, not how fast it is")
    args = parser.parse_args()
    if args.quick:
        args.models, args.tokens, args.texts, args.rounds = ["sentiment"], [32], [1, 8], 3
    torch.set_num_threads(args.threads)
    print_machine()
    print(f"\n| {' | '.join(HEADINGS)} |\n|---|{'---:|' * (len(HEADINGS) - 1)}", flush=True)
    checked, left_out = [], []
    for name in args.models:
        classifier = load_any(name)
        counted, by_hand = counted_flops(classifier, draw_batch(classifier, 32)), pass_flops(classifier, 32, 1)
        checked.append(f"{name} {counted / by_hand:.3f}")
        for n_tokens in args.tokens:
            for n_texts in args.texts:
                length = min(n_tokens, classifier.max_length)
                size = (pass_flops(classifier, length, n_texts) + decode_flops(classifier, length, n_texts)) / 1e9
                if size > args.budget:
                    left_out.append(f"{name} at {length} × {n_texts} ({size:,.0f})")
                    continue
                rounds = args.rounds if size < args.budget / 10 else max(3, args.rounds // 3)
                print(f"| {' | '.join(measure(classifier, name, length, n_texts, rounds))} |", flush=True)
        del classifier
        gc.collect()
    print(f"\nOperations of the pass at 32 tokens as torch's counter has them, over the formula's: {'; '.join(checked)}.")
    if left_out:
        print(f"\nNot run, over {args.budget:,.0f} × 10⁹ operations: {'; '.join(left_out)}.")


if __name__ == "__main__":
    main()
