"""A model's folder one of whose JSON files is anything: refused in a sentence, or a classifier that reads a text. The weights
are those of a tiny BERT."""

import json
import shutil
from functools import cache
from pathlib import Path

from core.errors import ModelError, SaliencyError
from core.labels import PROBLEM_TYPES, expects_pair, problem_type_of
from core.model_spec import ModelSpec
from core.models import describe, load_classifier
from core.pipeline import analyse
from core.records import Query
from tests.families import build_folder
from tests.fuzz.checks import REFUSED, check_sentence, refused_or
from tests.fuzz.folders import new_folder
from tests.fuzz.json_values import nested
from tests.fuzz.pieces import Pieces

NAMES = (
    "config.json",
    "tokenizer_config.json",
    "model.safetensors.index.json",
    "adapter_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
)
is_json = True


def target(data: bytes) -> None:
    """The last byte, behind a NUL, tells which file it is."""
    pieces = Pieces(data)
    name = NAMES[pieces.number(len(NAMES) - 1)]
    folder = _folder()
    original = (folder / name).read_bytes() if (folder / name).exists() else None
    weights = folder / "model.safetensors"
    (folder / name).write_bytes(pieces.rest().removesuffix(b"\0"))
    if name.endswith(".index.json"):
        weights.rename(folder / "model-1.safetensors")
    try:
        check_folder_with(folder)
    finally:
        (folder / name).unlink() if original is None else (folder / name).write_bytes(original)
        if name.endswith(".index.json"):
            (folder / "model-1.safetensors").rename(weights)


def check_folder_with(folder: Path) -> None:
    """AssertionError where what is loaded does not hold together; other errors pass through."""
    spec = ModelSpec("tiny", "Tiny", "tests", path=folder)
    classifier = refused_or(ModelError, load_classifier, spec, "cpu")
    if classifier is REFUSED:
        return
    assert all(label and isinstance(label, str) for label in classifier.labels) and len(set(classifier.labels)) == len(
        classifier.labels
    )
    assert problem_type_of(classifier.model.config) in PROBLEM_TYPES and isinstance(
        expects_pair(classifier.model.config, spec), bool
    )
    facts = describe(classifier)
    assert facts.layers > 0 and facts.max_length > 0
    if classifier.missing_head:
        check_sentence(classifier.missing_head)
    report = refused_or(SaliencyError, analyse, classifier, Query("tiny", "A quiet film."))
    assert report is REFUSED or len(report.word_texts) > 0


@cache
def _folder() -> Path:
    """A folder that loads."""
    folder = new_folder()
    shutil.copytree(build_folder("bert", folder / "built").path, folder / "tiny")
    return folder / "tiny"


def _starts() -> list[bytes]:
    index = {"metadata": {"total_size": 1}, "weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors"}}
    kept = {name: (_folder() / name).read_bytes() for name in NAMES if (_folder() / name).exists()}
    kept |= {
        "model.safetensors.index.json": json.dumps(index).encode(),
        "adapter_config.json": b"{}",
        "special_tokens_map.json": b'{"mask_token": "[MASK]"}',
    }
    starts = [kept.get(name, b"{}") + b"\0" + bytes([at]) for at, name in enumerate(NAMES)]
    return [*starts, *(json.dumps({"model_type": "bert", "x": nested(depth)}).encode() + b"\0\0" for depth in (40, 60, 900))]


STARTS = tuple(_starts())
