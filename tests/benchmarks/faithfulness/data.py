"""The corpora as `core.labelled` reads them: one json lines file each, written to the study's folder.

Expected below the data folder: `sst2/dev.tsv`, `sst_trees/dev.jsonl.gz`, `agnews/test.csv`, `eraser_movies/sentences_val.jsonl.gz`.
"""

import gzip
import json
from pathlib import Path

from core.embedded.training.tasks import read_news, read_reviews
from core.models import Classifier

SHORTEST, LONGEST = 4, 64  # words of a film-review sentence
NEWS_TOKENS = 48  # of a news text, special ones included
NEUTRAL = 2  # of the five degrees, 0 … 4, in which people judged the words of the trees


def write_reviews(data: Path, target: Path, classifier: Classifier) -> None:
    """SST-2 dev (Socher et al. 2013) with people's judgement of every word, from the treebank that its sentences come from."""
    trees = {_plain(" ".join(row["tokens"])): row for row in _json_lines(data / "sst_trees" / "dev.jsonl.gz")}
    rows = []
    for text, label in zip(*read_reviews(data, "dev")):
        if SHORTEST <= len(text.split()) <= LONGEST:
            tree = trees.get(_plain(text))
            is_aligned = tree is not None and len(tree["tokens"]) == len(text.split())
            degrees = [degree - NEUTRAL for degree in tree["token_label5"]] if is_aligned else None
            scores = {"positive": degrees, "negative": [-degree for degree in degrees]} if degrees else None
            rows.append({"text": text, "label": classifier.labels[label], "word_scores": scores})
    _write(target, rows)


def write_news(data: Path, target: Path, classifier: Classifier) -> None:
    """AG News test (Zhang et al. 2015), title and description, texts of few tokens."""
    texts, labels = read_news(data, "test")
    lengths = [len(ids) for ids in classifier.tokenizer(texts)["input_ids"]]
    kept = [(text, label) for text, label, n in zip(texts, labels, lengths) if n <= NEWS_TOKENS]
    _write(target, [{"text": text, "label": classifier.labels[label]} for text, label in kept])


def write_rationales(data: Path, target: Path, classifier: Classifier) -> None:
    """Sentences of film reviews with the words that people marked (Zaidan & Eisner 2008; DeYoung et al. 2020)."""
    rows = [row for row in _json_lines(data / "eraser_movies" / "sentences_val.jsonl.gz") if SHORTEST <= len(row["tokens"]) <= LONGEST]
    _write(target, [{"tokens": row["tokens"], "label": classifier.labels[row["label"]], "rationale": row["rationale"]} for row in rows])


def _plain(text: str) -> str:
    """Without case and accents gone wrong, so that the two releases of one sentence meet."""
    return " ".join(text.lower().encode("ascii", "ignore").decode().replace("\\", "").replace("-lrb-", "(").replace("-rrb-", ")").split())


def _json_lines(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _write(target: Path, rows: list[dict]) -> None:
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
