"""What the embedded classifiers are trained for, and the labelled texts of each.

Below the folder that the recipe is given: `sst2/{train,dev,test}.tsv` (`text<TAB>label`, one header line) and
`agnews/{train,test}.csv` (class 1 to 4, title, description; no header).
"""

import csv
import html
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DEV_ROWS = 2000  # of AG News train, which has no dev split of its own
SPLIT_SEED = 20261121
BROKEN_ENTITY = re.compile(r"(?<!&)(?:\b(?=amp;|quot;|lt;|gt;|nbsp;|hellip;)|(?=#\d{2,4};))")
TAG = re.compile(r"</?\w[^<>]*>")

Labelled = tuple[list[str], list[int]]
"""Texts, and the index of each one's class."""


@dataclass(frozen=True)
class Task:
    """One embedded classifier."""

    name: str
    labels: tuple[str, ...]
    read: Callable[[Path, str], Labelled]
    """(data folder, `train`, `dev` or `test`) → texts and labels."""
    max_tokens: int
    """Of one text while training and measuring, [CLS] and [SEP] included."""


def read_reviews(folder: Path, split: str) -> Labelled:
    """One SST-2 split (Socher et al. 2013, GLUE release)."""
    with open(folder / "sst2" / f"{split}.tsv", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [row[0].strip() for row in rows], [int(row[1]) for row in rows]


def read_news(folder: Path, split: str) -> Labelled:
    """AG News (Zhang et al. 2015), title and description joined by a space; dev is a fixed draw from train."""
    with open(folder / "agnews" / f"{'test' if split == 'test' else 'train'}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if split != "test":
        random.Random(SPLIT_SEED).shuffle(rows)
        rows = rows[:DEV_ROWS] if split == "dev" else rows[DEV_ROWS:]
    return [clean_news(" ".join(row[1:])) for row in rows], [int(row[0]) - 1 for row in rows]


def clean_news(text: str) -> str:
    """The text as a person would type it: AG News holds HTML entities, some without their `&`, tags, and `\\` for line ends."""
    text = html.unescape(BROKEN_ENTITY.sub("&", text.replace("\\", " ")))
    text = TAG.sub(" ", html.unescape(text))
    text = re.sub(r" (['’](?:s|t|d|m|ll|re|ve)\b)", r"\1", text)  # `Lenders #39;s` was one word
    return " ".join(text.split())


TASKS = {
    task.name: task
    for task in (
        Task("sentiment", ("negative", "positive"), read_reviews, max_tokens=64),
        Task("news", ("World", "Sports", "Business", "Sci/Tech"), read_news, max_tokens=96),
    )
}
