"""Whether half precision changes explanations: `python -m tests.benchmarks.agreement [--device cuda]`.

The embedded models in bf16 against the same in fp32, on their own example texts and the test sentences. Aims, for each model:
gradients at every layer keep a rank correlation (Spearman) of 0.99; and, for decoding alone in bf16 from fp32 states,
own ranks and top words are the same in 99.9 %. `core.devices.BF16_AGREES` may be set once a card meets both; with the first
alone, only if heads are kept in fp32.
"""

import argparse
import statistics

import torch

from core.catalog import CATALOG
from core.decode import decode_states
from core.models import Classifier, load_classifier
from core.records import Settings
from core.saliency import score_one_pass
from core.tokens import TokenBatch, tokenize_windows
from core.trace import trace_layers
from tests.benchmarks.timing import median_seconds, print_machine, print_ratios
from tests.families import SENTENCES

GRADIENTS, READINGS = 0.99, 0.999


def correlate(left: torch.Tensor, right: torch.Tensor) -> float:
    """Spearman's rank correlation of all entries (equal ones in the order in which they stand)."""
    ranks = torch.stack([part.float().flatten().cpu().argsort(stable=True).argsort().double() for part in (left, right)])
    return float(torch.corrcoef(ranks)[0, 1])


def first_window(classifier: Classifier, text: str) -> TokenBatch:
    """The first (1, T) window of a text."""
    return tokenize_windows(classifier, text, Settings()).batch.window(0)


def compare(full: Classifier, half: Classifier, texts: list[str]) -> dict[str, list[list[float]]]:
    """What is compared → text → layer → agreement, 0 to 1."""
    found = {"gradients": [], "saliency": [], "own ranks": [], "top words": []}
    for text in texts:
        batch = first_window(full, text)
        exact = trace_layers(full, batch)
        target = int(exact.logits.argmax())
        rough = trace_layers(half, batch, target)
        found["gradients"].append([correlate(a, b) for a, b in zip(exact.gradient, rough.gradient)])
        scores = [score_one_pass(trace, model.lm_head)["decoded"] for trace, model in ((exact, full), (rough, half))]
        found["saliency"].append([correlate(a, b) for a, b in zip(*scores)])
        ids, states = batch.input_ids[0], exact.hidden[:, 0]
        read = decode_states(full.lm_head, states, ids, 5), decode_states(half.lm_head, states.to(torch.bfloat16), ids, 5)
        for name, (a, b) in (("own ranks", [p.own_rank for p in read]), ("top words", [p.top_ids[..., 0] for p in read])):
            found[name].append((a == b).float().mean(1).tolist())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", help="cpu computes the same roundings, slowly; only a card's figures decide")
    args = parser.parse_args()
    if args.device.startswith("cuda") and not torch.cuda.is_available():
        print("Skipped: there is no CUDA device on this machine, so bf16 was not compared on one and everything stays in fp32.")
        return
    print_machine()
    for spec in CATALOG.values():
        if spec.path is None:
            continue
        full, half = (load_classifier(spec, args.device, dtype) for dtype in ("fp32", "bf16"))
        texts = [*spec.gallery, *SENTENCES]
        found = compare(full, half, texts)
        print(f"\n### {spec.name}: {len(texts)} texts, {len(found['gradients'][0])} states, {args.device}\n")
        print("| bf16 against fp32 | mean | worst layer, mean over texts | worst text and layer | aim | |")
        print("|---|---:|---:|---:|---:|---|")
        for name, values in found.items():
            aim = {"gradients": GRADIENTS, "own ranks": READINGS, "top words": READINGS}.get(name)
            layer = min(statistics.mean(column) for column in zip(*values))
            whole = statistics.mean(value for row in values for value in row)
            verdict = "" if aim is None else "met" if (layer if name == "gradients" else whole) >= aim else "missed"
            print(f"| {name} | {whole:.4f} | {layer:.4f} | {min(map(min, values)):.4f} | {aim or '–'} | {verdict} |")
        batch = first_window(full, max(texts, key=len))
        calls = {name: lambda m=model, b=batch: trace_layers(m, b, 0) for name, model in (("fp32", full), ("bf16", half))}
        print_ratios(f"One trace of {batch.input_ids.shape[1]} tokens, {spec.name}", median_seconds(calls), "fp32")


if __name__ == "__main__":
    main()
