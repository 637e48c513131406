"""A summary whose parts don't go together is refused in a sentence that names the part."""

import json

import pytest

from core.corpus.store import RunError
from core.corpus.summary import Summary, summarise
from core.corpus.sums import Sums
from tests.core.test_corpus_sums import ROWS, manifest_of, row_of

N_LAYERS = 2


@pytest.fixture(scope="module")
def state():
    """A summary with words in every ranking, as JSON has it."""
    rows = [row_of(n, "good awful", [[2 + n % 2, -1], [0, -1]], correct=n % 2 == 0, label=str(n % 2)) for n in range(1, 13)]
    sums = Sums(N_LAYERS, 100)
    sums.add([*ROWS[2:], *rows])
    made = json.loads(summarise(sums, manifest_of(), "decoded").to_json())
    assert made["words"]["positive"][0] and made["changing"]["positive"] and made["misleading"]["positive"]
    return made


def test_the_whole_is_taken(state):
    assert Summary.from_json(json.dumps(state)).n_layers == N_LAYERS


def changed(state: dict, path: tuple, value) -> str:
    """The summary's JSON with another value at a place; KeyError or IndexError where there is no such place."""
    made = json.loads(json.dumps(state))
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]]  # it must be there
    at[path[-1]] = value
    return json.dumps(made)


WORD, CHANGING, MISLEADING = ("words", "positive", 0, 0), ("changing", "positive", 0), ("misleading", "positive", 0)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("layer",), N_LAYERS, "layer 2 of 2"),
        (("layer",), -1, "layer -1 of 2"),
        (("content_share", "mean"), [0.5], r"content_share has \[1, 2\] values; 2 are expected"),
        (("words", "positive"), [[]], "the words of positive have 1 layers; 2 are expected"),
        (("words",), {}, "words of other classes than those"),
        (("predicted",), {"positive": 13}, "words of other classes than those"),
        (WORD, {"word": "good"}, r"of a word it says \['word'\]"),
        (CHANGING, {"word": "good", "texts": 5, "low": 0.1, "high": 0.2, "mean": 0.1}, "'early'"),
        (MISLEADING, {"word": "good", "texts": 5, "low": 0.1, "high": 0.2, "mean": 0.1}, "'right_texts'"),
        ((*WORD, "word"), 3, "figures of a word that are none"),
        ((*WORD, "low"), "0.1", "figures of a word that are none"),
        ((*WORD, "mean"), None, "figures of a word that are none"),
        ((*WORD, "texts"), True, "figures of a word that are none"),
        pytest.param((*WORD, "high"), 10**400, "figures of a word that are none", id="401 digits"),
        ((*CHANGING, "change"), [], "figures of a word that are none"),
        (("layers", 0), [0], r"layers has \[0\]"),
        (("confusion", 0), ["0", "positive", "3"], "confusion has"),
        (("refusals",), [["1", "empty"]], "refusals has"),
    ],
)
def test_what_does_not_go_together_is_refused(state, path, value, told):
    with pytest.raises(RunError, match=f"The summary can't be read: .*{told}"):
        Summary.from_json(changed(state, path, value))


def test_a_word_that_stands_in_no_right_row_has_no_mean_there(state):
    text = changed(state, (*MISLEADING, "right_mean"), None)
    assert Summary.from_json(text).misleading["positive"][0]["right_mean"] is None
