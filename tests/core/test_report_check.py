"""A saved report may come from anybody: what is no report is refused when it is read, not when it is drawn."""

import json

import pytest

from core.errors import ReportError
from core.export import from_json, to_json
from core.pipeline import analyse
from core.records import Query, Settings
from core.report.notebook import to_html
from tests.families import TEXT


@pytest.fixture(scope="module")
def saved(classifier_of) -> str:
    settings = Settings(methods=("path",), expected_embedding=True)
    return to_json(analyse(classifier_of("bert"), Query("tiny", TEXT, settings=settings)))


DAMAGES = {
    "query.text": (5, None),
    "query.text_pair": (7, [], "another"),
    "query.target": (1,),
    "query.settings.methods": ("fast", [3]),
    "query.settings.top_k": (True, 2.0),
    "tokens.1.text": (3, None),
    "tokens.1.start": (-1, 10**6, "1", 10**30),
    "tokens.1.is_special": ("false", 0, None),
    "tokens.1.word": (10**6, -2, 0.5),
    "words.0.end": (10**6, -1, "4"),
    "prediction.labels": ([1, 2, 3], "abc", ["a"]),
    "prediction.target": (1.0, True),
    "prediction.outputs.0": ("0.5", None),
    "maps.decoded.unit": (3,),
    "maps.decoded.signed": ("yes", 1),
    "maps.decoded.seconds": ("x", float("nan"), 10**400),
    "maps.decoded.notes": ("note", [1]),
    "maps.path.gap": ([0.5], 3),
    "decoding.texts": ({}, {"0": 3}, []),
    "decoding.top_ids": ([[[1]]], [1]),
    "decoding.own_rank": ([[1]], [[1.5]]),
    "decoding.own_probability": ([[0.5]], "x"),
    "coherence.own_top1.values": ([1.0], ["x"], 1.0),
    "coherence.own_top1.higher_is_better": (1,),
    "layer_outputs.0.0": ("0.5",),
    "choices.decoded.layer": (1.0, True, -1),
    "choices.decoded.reason": (None,),
    "coverage.characters": ("9", 9.0, 10**400),
    "coverage.unread": ([["0", "1"]], [[0]], [[0, 10**6]], "ab"),
    "provenance.seconds": ("x", {"trace": "x"}, {"trace": None}),
    "provenance.rows": ("1",),
    "provenance.versions": ({"torch": 2},),
}


CASES = [(place, value) for place, values in DAMAGES.items() for value in values]


@pytest.mark.parametrize("place, value", CASES, ids=lambda part: str(part)[:30])
def test_a_field_of_a_wrong_type_or_size_is_refused(place, value, saved):
    state = json.loads(saved)
    *path, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
    part = state
    for key in path:
        part = part[key]
    assert part[last] != value or type(part[last]) is not type(value)
    part[last] = value
    with pytest.raises(ReportError, match="damaged") as caught:
        from_json(json.dumps(state))
    assert len(str(caught.value)) < 400


def test_whole_numbers_may_stand_for_fractions(saved):
    state = json.loads(saved)
    state["provenance"]["seconds"]["trace"], state["maps"]["decoded"]["seconds"] = 1, 0
    assert "1" in to_html(from_json(json.dumps(state)))
