"""Words, subwords and pieces: nothing of the text is lost, and every score sits on its own characters."""

import dataclasses

import numpy as np
import pytest

from core.records import Query
from dashboard.units import BREAK, GAP, UNREAD, UNREAD_SHOWN, text_pieces, trusted_layers, units_of, visible, window
from tests.dashboard.reports import TEXT, make_report


def test_words_carry_the_sum_of_their_pieces():
    report = make_report()
    units = units_of(report, "decoded", by_words=True)
    assert units.texts == ("A", "dull", ",", "unwatchable", "film")
    # tokens: [CLS] A dull , un ##watchable film [SEP] with (t − 2) / 10 at the embedding
    assert units.scores[0] == pytest.approx([-0.1, 0.0, 0.1, 0.2 + 0.3, 0.4])
    assert units.tokens[3] == (4, 5)


@pytest.mark.parametrize("rule, expected", [("mean", 0.25), ("max-abs", 0.3)])
def test_the_rule_is_passed_on(rule, expected):
    assert units_of(make_report(), "decoded", True, rule).scores[0, 3] == pytest.approx(expected)


def test_subwords_are_the_tokens_without_special_ones():
    units = units_of(make_report(), "decoded", by_words=False)
    assert units.texts == ("A", "dull", ",", "un", "watchable", "film")
    assert not units.is_special.any()


@pytest.mark.parametrize("by_words", [True, False])
def test_special_tokens_stand_at_their_places_when_asked_for(by_words):
    units = units_of(make_report(), "decoded", by_words, with_special=True)
    assert units.texts[0] == "[CLS]" and units.texts[-1] == "[SEP]"
    assert units.scores[0, 0] == pytest.approx(-0.2)


@pytest.mark.parametrize("by_words", [True, False])
@pytest.mark.parametrize("text", [TEXT, "  \n two  lines\n", "one", "!!! ?", "a\tb \u202ec\u202c <b>d</b> $x$ :e:"])
def test_pieces_are_the_text_itself(text, by_words):
    report = make_report(text)
    units = units_of(report, "decoded", by_words)
    pieces = text_pieces(report.query, units)
    assert "".join(piece for piece, _ in pieces) == text
    assert [unit for _, unit in pieces if unit >= 0] == list(range(len(units)))
    assert all(units.texts[unit] == piece for piece, unit in pieces if unit >= 0)


def test_pieces_that_share_a_character_draw_it_once():
    report = make_report("ab")
    spans = np.array([(0, 0), (0, 2), (0, 2), (0, 0)])  # two byte-level pieces of one character
    tokens = dataclasses.replace(
        report.tokens,
        texts=("[CLS]", "x", "y", "[SEP]"),
        spans=spans,
        is_special=np.array([1, 0, 0, 1], bool),
        word_of=np.array([-1, 0, 0, -1]),
    )
    ones = {name: dataclasses.replace(report.maps[name], scores=np.ones((4, 4))) for name in ("decoded", "undecoded")}
    report = dataclasses.replace(report, tokens=tokens, maps=ones)
    assert text_pieces(report.query, units_of(report, "decoded", by_words=False)) == [("ab", 0)]


def test_the_unread_rest_is_marked_and_cut():
    units, query = units_of(make_report("one"), "decoded", True), Query("sentiment", "one " + "x" * 5000)
    pieces = text_pieces(query, units, unread=((3, 5004),))
    assert pieces[0] == ("one", 0)
    assert pieces[-1][1] == UNREAD and len(pieces[-1][0]) == UNREAD_SHOWN + 2


def test_spaces_at_the_end_are_no_unread_rest():
    pieces = text_pieces(Query("sentiment", "one" + " " * 1000), units_of(make_report("one"), "decoded", True))
    assert pieces[-1][1] == GAP


def test_a_read_rest_that_no_token_covers_is_no_unread_rest():
    pieces = text_pieces(Query("sentiment", "one" + "\x00" * 1000), units_of(make_report("one"), "decoded", True))
    assert pieces[-1] == ("␀" * 1000, GAP)


def test_control_characters_are_seen_and_line_breaks_kept():
    assert visible("a\x00b\x1bc\n\td") == "a␀b␛c\n\td"


def test_a_method_with_one_row_has_the_same_scores_at_every_layer():
    units = units_of(make_report(), "layer_mean", True)
    assert (units.at(0) == units.at(3)).all()


def test_a_token_is_found_in_its_word():
    units = units_of(make_report(), "decoded", True)
    assert units.holding(5) == 3
    assert units.holding(0) is None
    assert units.strongest(0) == 3


def test_layers_below_one_half_are_not_trusted():
    assert trusted_layers(make_report()).tolist() == [True, True, True, False]
    assert trusted_layers(make_report(has_head=False)) is None


@pytest.mark.parametrize("selected, expected", [(0, (0, 60)), (59, (0, 60)), (60, (60, 100)), (99, (60, 100))])
def test_the_window_holds_the_selected_unit(selected, expected):
    assert window(selected, 100, 60) == expected


# --- pairs ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("by_words", [True, False])
@pytest.mark.parametrize("first, second", [("One text.", "Another"), (" a \n\n b\r", "\n c  "), ("!", "<b>d</b>\n\ne")])
def test_pieces_of_a_pair_are_both_texts(first, second, by_words):
    report = make_report(first, text_pair=second)
    units = units_of(report, "decoded", by_words)
    pieces = text_pieces(report.query, units)
    cut = pieces.index(("", BREAK))
    assert "".join(piece for piece, _ in pieces[:cut]) == first and "".join(piece for piece, _ in pieces[cut + 1 :]) == second
    assert [unit for _, unit in pieces if unit >= 0] == list(range(len(units)))
    assert units.second == [unit for _, unit in pieces[:cut] if unit >= 0][-1] + 1
    assert all(units.texts[unit] == piece for piece, unit in pieces if unit >= 0)


def test_special_tokens_of_a_pair_stand_where_the_unit_before_them_does():
    report = make_report("One text", text_pair="Another")
    units = units_of(report, "decoded", True, with_special=True)
    assert units.texts == ("[CLS]", "One", "text", "[SEP]", "Another", "[SEP]")
    assert units.parts.tolist() == [0, 0, 0, 0, 1, 1] and units.second == 4
    pieces = [piece for piece, _ in text_pieces(report.query, units)]
    assert pieces == ["[CLS]", "One", " ", "text", "[SEP]", "", "Another", "[SEP]"]


def test_one_text_has_no_second():
    units = units_of(make_report("One\n\ntext"), "decoded", True)
    assert units.second is None and not units.parts.any()


def test_the_unread_ends_of_both_texts_are_marked():
    report = make_report("one", text_pair="two")
    query = Query("sentiment", "one" + "x" * 500, text_pair="two" + "y" * 10)
    units = units_of(report, "decoded", True)
    units = dataclasses.replace(units, spans=np.array([(0, 3), (505, 508)]))
    pieces = text_pieces(query, units, unread=((3, 503), (508, 518)))
    assert [unit for _, unit in pieces] == [0, UNREAD, BREAK, 1, UNREAD]
    assert len(pieces[1][0]) == UNREAD_SHOWN + 2 and pieces[4][0] == "y" * 10
