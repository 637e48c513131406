"""Texts that the language model is trained and measured on, read from a folder the recipe is given.

Layout of the folder: `text/*.txt.gz` (one paragraph a line), `text/wikitext.valid.tokens.gz` (held out), and the
labelled texts that `tasks.py` names.
"""

import gzip
import random
import re
from pathlib import Path

from core.embedded.training.tasks import read_reviews

HELD_OUT = "wikitext.valid.tokens.gz"
NGRAM = 12  # words: a training paragraph that shares so long a run with the held-out text is a copy of it


def read_held_out(folder: Path) -> str:
    """WikiText-103 validation (Merity et al. 2017) with its token spacing undone: ` @-@ ` is `-` again."""
    with gzip.open(folder / "text" / HELD_OUT, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    text = "\n".join(line for line in lines if line and not line.startswith("="))
    text = re.sub(r" @([-,.])@ ", r"\1", text).replace("<unk>", "[UNK]")
    return re.sub(r" ([.,;:!?%)\]]|'s\b|n't\b)", r"\1", text).replace("( ", "(")


def _word_runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + NGRAM]) for i in range(len(words) - NGRAM + 1)}


def read_paragraphs(folder: Path, name: str) -> list[str]:
    """The paragraphs (≥ 8 words) of one file of `text/`, less those that share a run of 12 words with the held-out text."""
    held_out = _word_runs(read_held_out(folder))
    with gzip.open(folder / "text" / name, "rt", encoding="utf-8") as file:
        paragraphs = [line.strip() for line in file if len(line.split()) >= 8]
    return [text for text in paragraphs if held_out.isdisjoint(_word_runs(text))]


def mix_texts(folder: Path, seed: int) -> list[str]:
    """What the language model is trained on, shuffled: every paragraph of the encyclopedia, a fifth of the
    news (there are three times as many), and the SST-2 training sentences of six words or more."""
    draw = random.Random(seed)
    news = read_paragraphs(folder, "wikinews_en.txt.gz")
    draw.shuffle(news)
    sentences = [text for text in read_reviews(folder, "train")[0] if len(text.split()) >= 6]
    texts = read_paragraphs(folder, "wikipedia_en_12MB.txt.gz") + news[: len(news) // 5] + sentences
    draw.shuffle(texts)
    return texts
