"""What a run over many texts costs: `python -m tests.benchmarks.corpus [--tokens 32 128] [--rows 128] [--growth 64 1024] [--memory 1000 100000] [--model bert-base]`.

References, all on the same texts: the bare batched forward + backward on the very batches that the run makes, a loop of single
analyses, and Captum's LayerGradientXActivation with the list of layers in a loop. The run is whole: reading the file, writing
and summing up included. The slope is that of log seconds over log rows, as in `growth.py`. Memory is the peak of a process of its own.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import torch
from captum.attr import LayerGradientXActivation

from core.catalog import CATALOG, find_model
from core.corpus.batches import plan_batches
from core.corpus.preparation import prepare
from core.corpus.readings import gather, places_of, read_rows
from core.corpus.records import RunSettings
from core.corpus.run import chunks_of, start_run
from core.models import Classifier, load_classifier
from core.pipeline import analyse
from core.progress import silent
from core.records import Query
from core.tables.format import SHELL_LIMITS, Format
from core.tables.source import Source
from core.tables.texts import Columns
from core.tokens import TokenBatch
from tests.benchmarks import growth
from tests.benchmarks.peak_memory import high_water
from tests.benchmarks.random_models import DECODERS, SIZES, load_any
from tests.benchmarks.timing import interleaved_seconds, median_seconds, print_machine, print_ratios
from tests.families import build_folder

WORDS = (
    "the cast is wonderful and story moves but second half drags ending felt predictable to me a dull slow film with no heart "
    "superb warm funny performance by its lead who carries every scene of this small quiet drama about family loss"
).split()


def write_texts(classifier: Classifier, path: Path, n_rows: int, n_tokens: int) -> None:
    """A csv of texts of `n_tokens` tokens at most, and three quarters of that at least, drawn with a seed."""
    draw = random.Random(n_tokens)

    def text() -> str:
        words, wanted = [], draw.randint(3 * n_tokens // 4, n_tokens)
        while len(classifier.tokenizer(" ".join([*words, "x"]))["input_ids"]) <= wanted:
            words.append(draw.choice(WORDS))
        return " ".join(words)

    path.write_text("text\n" + "".join(f"{text()}\n" for _ in range(n_rows)), encoding="utf-8")


def settings(**more) -> RunSettings:
    return RunSettings(Columns("text"), Format("csv"), **more)


def batches_of(classifier: Classifier, path: Path, asked: RunSettings) -> list[TokenBatch]:
    """The very batches that the run makes of the file."""
    manifest = prepare(classifier, Source.of(path), asked, SHELL_LIMITS, silent)
    found = []
    for _, items in chunks_of(Source.of(path), manifest, SHELL_LIMITS):
        readings = read_rows(classifier, items, asked)
        places = places_of(readings)
        for batch in plan_batches([place.length for place in places], manifest.plan.token_budget, manifest.plan.pads):
            found.append(gather(classifier, [readings[places[at].row].window(places[at].window) for at in batch]))
    return found


def bare(classifier: Classifier, batches: list[TokenBatch]) -> None:
    """The forward and backward pass that any gradient method needs, through the model as transformers gives it."""
    for batch in batches:
        words = classifier.model.get_input_embeddings()(batch.input_ids).detach().requires_grad_()
        logits = classifier.model(inputs_embeds=words, **batch.side_inputs).logits
        torch.autograd.grad(logits.max(1).values.sum(), words)


def captum(classifier: Classifier, windows: list[TokenBatch]) -> None:
    """One text after the other, all layers in one call each."""
    encoder = classifier.model.base_model
    layers = [encoder.embeddings, *encoder.encoder.layer]
    for window in windows:

        def forward(words: torch.Tensor, window: TokenBatch = window) -> torch.Tensor:
            return classifier.model(inputs_embeds=words, **window.side_inputs).logits

        words = classifier.model.get_input_embeddings()(window.input_ids).detach().requires_grad_()
        with torch.no_grad():
            target = int(forward(words).argmax())
        LayerGradientXActivation(forward, layers).attribute(words, target=target)


def measure_speed(classifier: Classifier, n_tokens: int, n_rows: int, n_single: int, rounds: int, with_samples: bool, folder: Path) -> None:
    """Seconds of everything on `n_rows` texts; what goes text by text on the first `n_single` of them, scaled up."""
    path, runs = folder / f"{n_tokens}.csv", iter(range(10_000))
    write_texts(classifier, path, n_rows, n_tokens)
    bare_settings = settings(coherence_sample=0, faithfulness_sample=0)
    batches = batches_of(classifier, path, bare_settings)
    texts = path.read_text(encoding="utf-8").splitlines()[1 : n_single + 1]
    windows = [batch.window(b) for batch in batches for b in range(len(batch))][:: max(1, n_rows // n_single)][:n_single]

    def run(asked: RunSettings) -> None:
        start_run(folder / f"run-{n_tokens}-{next(runs)}", classifier, Source.of(path), asked, SHELL_LIMITS)

    contestants = {
        "bare batched forward + backward": lambda: bare(classifier, batches),
        "the run, no samples": lambda: run(bare_settings),
        "loop of single analyses": lambda: [analyse(classifier, Query(classifier.spec.name, text)) for text in texts],
    }
    if classifier.model.config.model_type not in DECODERS:
        contestants["Captum in a loop, list of layers"] = lambda: captum(classifier, windows)
    seconds = median_seconds(contestants, rounds, 1)
    if with_samples:
        seconds |= median_seconds({"the run, with its samples": lambda: run(settings())}, 1, 0)
    for name in {"loop of single analyses", "Captum in a loop, list of layers"} & set(seconds):
        seconds[name] *= n_rows / n_single
    padding = sum(batch.attention_mask.numel() for batch in batches) / sum(int(batch.attention_mask.sum()) for batch in batches) - 1
    print_ratios(f"{n_rows} texts of up to {n_tokens} tokens ({padding:.1%} padding)", seconds, "bare batched forward + backward")
    for name, taken in seconds.items():
        if name != "the run, no samples":
            print(f"- throughput of the run without samples ÷ {name}: {taken / seconds['the run, no samples']:.2f}")


def measure_rows(classifier: Classifier, sizes: list[int], rounds: int, folder: Path) -> None:
    """How a whole run grows with the rows of its file, which in theory it does as they do."""
    runs, asked = iter(range(10_000)), settings(coherence_sample=0, faithfulness_sample=0)

    def run(path: Path) -> None:
        start_run(folder / f"rows-{next(runs)}", classifier, Source.of(path), asked, SHELL_LIMITS)

    for n_rows in sizes:
        write_texts(classifier, folder / f"rows-{n_rows}.csv", n_rows, 32)
    taken = interleaved_seconds({n_rows: partial(run, folder / f"rows-{n_rows}.csv") for n_rows in sizes}, rounds, warm_up=1)
    print(f"\n{growth.HEAD}\n{growth.slope_row('rows', 'the run, no samples', sizes, [taken[n_rows] for n_rows in sizes], sizes)}\n", flush=True)


def measure_memory(n_rows: int, folder: Path) -> None:
    """Peak megabytes of a process that makes a run of `n_rows` short texts."""
    command = [sys.executable, "-m", "tests.benchmarks.corpus", "--alone", str(n_rows), "--folder", str(folder)]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def alone(n_rows: int, folder: Path) -> None:
    """With a tiny random model: what grows with the rows is not the model, and a hundred thousand rows must end some day. Every text
    holds two words of a million that hardly come again, so that the bound of the vocabulary is put to the test."""
    classifier = load_classifier(find_model(str(build_folder("bert", folder / f"tiny-{n_rows}").path)), device="cpu")
    path, draw = folder / f"memory-{n_rows}.csv", random.Random(n_rows)
    with path.open("w", encoding="utf-8") as file:
        file.write("text\n")
        for _ in range(n_rows):
            file.write(" ".join([*draw.choices(WORDS, k=8), *(f"x{draw.randrange(10**6)}" for _ in range(2))]) + "\n")
    before = high_water()
    start_run(folder / f"memory-{n_rows}", classifier, Source.of(path), settings(coherence_sample=0, faithfulness_sample=0), SHELL_LIMITS)
    peak = high_water()
    written = sum(file.stat().st_size for file in (folder / f"memory-{n_rows}").rglob("*") if file.is_file())
    print(f"{n_rows:,} rows: peak {peak / 2**20:,.0f} MB, {before / 2**20:,.0f} MB with the model loaded; {written / n_rows:,.0f} bytes a row on disk")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="*", default=[32, 128])
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--single", type=int, default=32, help="texts of the contestants that go one by one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", action="store_true", help="also time one run with the samples for coherence and faithfulness")
    parser.add_argument("--growth", type=int, nargs="*", default=[64, 128, 256, 512, 1024], help="rows of files of 32 tokens a text")
    parser.add_argument("--memory", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--model", default="sentiment", choices=[*CATALOG, *SIZES], help="those that are no part of the project have random weights")
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone is not None:
        return alone(args.alone, args.folder)
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        classifier = load_any(args.model)
        for n_tokens in args.tokens:
            n_rows = max(8, args.rows * 32 // max(32, n_tokens))
            measure_speed(classifier, n_tokens, n_rows, args.single, args.rounds, args.samples, Path(folder))
        if args.growth:
            measure_rows(classifier, args.growth, args.rounds, Path(folder))
        for n_rows in args.memory:
            measure_memory(n_rows, Path(folder))


if __name__ == "__main__":
    main()
