"""What the tests of a run share: a small file, its settings, and a classifier of a tiny model."""

import random
from pathlib import Path

from core.corpus.records import RunPlan, RunSettings
from core.tables.format import Format
from core.tables.source import Source
from core.tables.texts import Columns, TextRow

WORDS = "the film is dull superb warm wise a mess and moving plot not acting far too long dreadful cast story".split()


def write_reviews(path: Path, n_rows: int = 40, seed: int = 0) -> Source:
    """A csv of id, text and label; row 7 has no text, and a label is missing now and then."""
    draw = random.Random(seed)
    lines = ["id,text,label"]
    for number in range(1, n_rows + 1):
        text = "" if number == 7 else " ".join(draw.choices(WORDS, k=draw.randint(1, 14)))
        lines.append(f"r{number},{text},{draw.choice(('0', '1', '1', ''))}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Source.of(path)


def settings_of(**more) -> RunSettings:
    """Settings for `write_reviews`: small chunks and samples."""
    small = {"chunk_rows": 8, "coherence_sample": 5, "faithfulness_sample": 2, "token_budget": 64}
    return RunSettings(Columns("text", label="label", id="id"), Format("csv"), **small | more)


def plan_of(token_budget: int = 64, pads: bool = True, **more) -> RunPlan:
    """A plan without samples."""
    return RunPlan(settings_of(), token_budget, pads, **more)


def rows_of(*texts: str | tuple[str, str]) -> list[TextRow]:
    """Texts, or pairs, as rows 1, 2, …"""
    parts = [(text, None) if isinstance(text, str) else text for text in texts]
    return [TextRow(number, text, pair) for number, (text, pair) in enumerate(parts, 1)]
