"""What the records promise of themselves, without a model."""

import dataclasses
import pickle

import pytest

from core.provenance import Coverage
from core.records import PAIR_BREAK, Query, Settings


def test_a_pair_is_joined_with_a_break_that_its_spans_leave_out():
    query = Query("tiny", "One text.", text_pair="Another.")
    assert query.joined == "One text.\n\nAnother."
    assert [query.joined[start:end] for start, end in query.text_spans] == ["One text.", "Another."]
    assert query.joined[query.text_spans[0][1] : query.text_spans[1][0]] == PAIR_BREAK


@pytest.mark.parametrize("text_pair", ["", " "])
def test_an_empty_second_text_is_a_second_text(text_pair):
    query = Query("tiny", "One text.", text_pair=text_pair)
    assert len(query.text_spans) == 2 and query.joined == "One text.\n\n" + text_pair


def test_one_text_is_its_own_joined_text():
    query = Query("tiny", "One text.\n\nIn two parts.")
    assert query.joined == query.text and query.text_spans == ((0, len(query.text)),)


def test_the_second_text_is_part_of_the_key_and_last_of_the_fields():
    """So that what was written before there were pairs still means the same."""
    one, two = Query("tiny", "a", "b", "c", Settings()), Query("tiny", "a", "b", "c", Settings(), "d")
    assert one != two and hash(one) != hash(two) and two.text_pair == "d"
    assert one == dataclasses.replace(two, text_pair=None) and pickle.loads(pickle.dumps(two)) == two
    assert Query("tiny", "a\n\nd") != Query("tiny", "a", text_pair="d")


def test_coverage_counts_what_was_not_read_of_either_text():
    coverage = Coverage(100, 2, 64, ((40, 50), (72, 102)))
    assert coverage.characters_read == 60 and coverage.share == 0.6
    assert Coverage(100, 1, 64).share == 1 and Coverage(0, 1, 64).share == 1
