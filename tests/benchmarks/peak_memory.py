"""How much memory an explanation takes beside the bare pass: `python -m tests.benchmarks.peak_memory [--models …] [--quick]`.

Each figure comes from a child process of its own, which loads the model, runs one thing twice and reports the highest its memory
stood above where it was when the model was loaded; the model's own weights are added, as they lie in memory whatever is run. On a graphics
card it is what torch had allocated; on the processor the system's high-water mark, set back before the run (Linux). The aim, 1.3 × the
bare pass, is for the sum, which decides whether a text fits on a device; the growth alone is told beside it. A process has besides what Python and
torch take (about 0.4 GB), which would only make the ratio look better. Medians over the rounds, smallest and largest ratio in brackets.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import torch

from core.capability import Capabilities
from core.decode import decode_states
from core.devices import release_memory
from core.models import Classifier, describe
from core.pipeline import analyse
from core.records import Query
from core.trace import trace_layers
from tests.benchmarks.decode import measure_peak
from tests.benchmarks.limit import text_of_length
from tests.benchmarks.random_models import draw_batch, load_any
from tests.benchmarks.timing import print_machine
from tests.benchmarks.work import bare_batch

ROOT = Path(__file__).resolve().parents[2]
THINGS = {"bare": "bare forward + backward", "trace": "trace of all layers", "decode": "decoding of all layers", "page": "all that a page needs"}
AIM = 1.3


def run(classifier: Classifier, thing: str, name: str, n_tokens: int) -> None:
    """One thing, once."""
    batch = draw_batch(classifier, n_tokens)
    if thing == "bare":
        bare_batch(classifier, batch)
    elif thing == "trace":
        trace_layers(classifier, batch, 0)
    elif thing == "decode":
        shape = classifier.layers + 1, n_tokens, classifier.model.config.hidden_size
        states = classifier.lm_head.weight[batch.input_ids].expand(shape).contiguous()  # most tokens are read first, as in a real text
        decode_states(classifier.lm_head, states, batch.input_ids[0], 5)
    else:
        analyse(classifier, Query(name, text_of_length(classifier, batch)))


def measure_growth(call) -> float:
    """Bytes that memory rises above where it stands."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        return torch.cuda.max_memory_allocated() - before
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # sets the high-water mark back
    except OSError:  # a system that doesn't let us: look every half millisecond
        return measure_peak(call) * 2**20
    before = high_water()
    call()
    return high_water() - before


def high_water() -> float:
    """Bytes that this process ever held (Linux). Not `ru_maxrss`, which a child begins with its parent's."""
    line = next(line for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) * 1024


def alone(thing: str, name: str, n_tokens: int) -> None:
    """What the child process does: says bytes of the weights and of the growth."""
    torch.set_num_threads(1)
    classifier = load_any(name)
    card: Capabilities = describe(classifier)
    run(classifier, thing, name, 8)  # what is made once, at the first call, belongs to no text
    release_memory(classifier.device)  # what loading left behind would be used first, and hide the growth
    growth = measure_growth(lambda: run(classifier, thing, name, min(n_tokens, classifier.max_length)))
    print(json.dumps([card.memory_bytes, growth]))


def ask(thing: str, name: str, n_tokens: int) -> tuple[float, float]:
    """Bytes of the weights and of the growth, from a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.peak_memory", "--alone", thing, name, str(n_tokens)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=1200)
    weights, growth = json.loads(done.stdout.splitlines()[-1])
    return weights, growth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["sentiment", "bert-base", "roberta-large"])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128, 512])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one model, one length, one round: whether it works")
    parser.add_argument("--alone", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        alone(args.alone[0], args.alone[1], int(args.alone[2]))
        return
    if args.quick:
        args.models, args.tokens, args.rounds = ["sentiment"], [128], 1
    print_machine()
    print("\n| model | tokens | what | weights MB | growth MB | weights + growth ÷ bare | growth ÷ bare | |\n|---|---:|---|---:|---:|---:|---:|---|")
    for name in args.models:
        for n_tokens in args.tokens:
            rounds = [{thing: ask(thing, name, n_tokens) for thing in THINGS} for _ in range(args.rounds)]
            for thing, said in THINGS.items():
                print(_row(name, n_tokens, said, [one[thing] for one in rounds], [one["bare"] for one in rounds]), flush=True)


def _row(name: str, n_tokens: int, said: str, taken: list[tuple[float, float]], bare: list[tuple[float, float]]) -> str:
    whole = sorted(sum(one) / sum(other) for one, other in zip(taken, bare))
    growth = statistics.median(one[1] / max(1.0, other[1]) for one, other in zip(taken, bare))
    middle, verdict = statistics.median(whole), "" if said == THINGS["bare"] else "met" if statistics.median(whole) <= AIM else "missed"
    size = f"{taken[0][0] / 2**20:.0f} | {statistics.median(one[1] for one in taken) / 2**20:.0f}"
    return f"| {name} | {n_tokens} | {said} | {size} | {middle:.2f} ({whole[0]:.2f}–{whole[-1]:.2f}) | {growth:.2f} | {verdict} |"


if __name__ == "__main__":
    main()
