"""The picture for a slide: well-formed, harmless, nothing over anything else, and nothing lost but what it says is."""

import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from core.catalog import CATALOG
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.report.look import DARK, LIGHT
from core.report.slide import WIDTH, slide_svg
from core.report.slide_layout import GAP, MOST_CHARACTERS, SIZES, Piece, _in_sight_order, drawable, pieces_of, set_text
from core.report.type_widths import shorten, width

FLAT = 1600, 560  # px: room for two lines of the smallest type
SVG = "{http://www.w3.org/2000/svg}"
TEXTS = {
    "one word": ("Superb", None),
    "usual": ("I expected a dull, predictable sequel, but the cast is wonderful.", None),
    "pair": ("It rained all day.", "Somebody got wet, and liked it."),
    "right to left": ("הסרט הזה היה נפלא (ממש!) ב-2024.\n\nAnd then left to right.", None),
    "emoji and scripts": ("Great 😀 film 🍿, 日本語 مرحبا ünï", None),
    "hostile": ("</text><script>alert(1)</script> &amp; <img src=x> \u202ereversed\x00\ud800\ufffe ]]> \"'", None),
    "no space": ("x" * 700, None),
    "long": ("The plot is thin, but the music carries it. " * 40, "A second one, as long. " * 60),
    "beyond the limit": ("word " * 6000, None),
}


@pytest.fixture(scope="module")
def report_of(family_of):
    """`report_of(name, …)`: the report of one of the texts, by a tiny model."""
    spec = dataclasses.replace(CATALOG["sentiment"], path=family_of("bert").path)
    classifier, known = load_classifier(spec, "cpu"), {}

    def make(name, **asked):
        key = name, tuple(asked.items())
        if key not in known:
            text, second = TEXTS[name]
            known[key] = analyse(classifier, Query("m", text, text_pair=second, **asked))
        return known[key]

    return make


def words_drawn(svg: str) -> list[str]:
    """Every text of the drawing's words, in their order."""
    group = next(node for node in ET.fromstring(svg).iter(f"{SVG}g"))
    return [node.text for node in group.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_well_formed_self_contained_and_inside_its_frame(report_of, name):
    svg = slide_svg(report_of(name))
    root = ET.fromstring(svg)
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "linearGradient", "stop", "rect", "text", "g", "line", "polygon"}
    assert not [1 for node in root.iter() for key in node.attrib if "href" in key or key.startswith("on")]
    assert svg.count("url(") == 1 and "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    group = next(node for node in root.iter(f"{SVG}g"))
    for node in group.iter(f"{SVG}rect"):
        x, y, across, high = (float(node.get(key)) for key in ("x", "y", "width", "height"))
        assert x >= 0 and x + across <= WIDTH - 2 * 88 + 1 and y > -20 and y + high <= 900 - 250 - 190


@pytest.mark.parametrize("name", TEXTS)
def test_no_word_stands_on_another(report_of, name):
    group = next(node for node in ET.fromstring(slide_svg(report_of(name))).iter(f"{SVG}g"))
    boxes = [tuple(float(node.get(key)) for key in ("x", "y", "width", "height")) for node in group.iter(f"{SVG}rect")]
    for i, (x, y, across, high) in enumerate(boxes):
        for x2, y2, across2, high2 in boxes[i + 1 :]:
            assert x + across <= x2 + 0.2 or x2 + across2 <= x + 0.2 or y + high <= y2 + 0.2 or y2 + high2 <= y + 0.2


def test_every_word_of_a_short_text_is_there_and_the_rest_of_a_long_one_is_counted(report_of):
    assert words_drawn(slide_svg(report_of("usual"))) == list(report_of("usual").word_texts)
    long = report_of("beyond the limit")
    unread = f"{sum(b - a for a, b in long.coverage.unread):,} characters that the model did not read"
    *words, note = words_drawn(slide_svg(long))
    assert words == list(long.word_texts) and note == f"… and {unread}"
    *words, note = words_drawn(slide_svg(long, size=FLAT))
    assert words == list(long.word_texts)[: len(words)] and 0 < len(words) < len(long.word_texts)
    assert note == f"… and {len(long.word_texts) - len(words):,} more words and {unread}"
    first, second = (note for note in words_drawn(slide_svg(report_of("long"), size=(1600, 640))) if note.startswith("… and"))
    assert first.endswith("did not read") and second.endswith("did not read")


def test_it_names_what_it_shows(report_of):
    report = report_of("usual", target="neutral", against="positive")
    said = " ".join(ET.fromstring(slide_svg(report, "undecoded", 1)).itertext())
    for part in ("What layer 1 used for “neutral rather than positive”", "not decoded", "layer 1 of", "The model says",
                 "in logits", "against −", "for +", report.provenance.model, report.provenance.revision[:8]):  # fmt: skip
        assert part in said, part
    assert "recommended" in said


def test_methods_without_layers_and_without_signs(report_of):
    report = report_of("usual", settings=Settings(methods=("faithful",)))
    assert "What the embedding used" in slide_svg(report, layer=0) and "before the first layer" in slide_svg(report, layer=0)
    unsigned = next(name for name, saliency in report.maps.items() if not saliency.signed)
    said = slide_svg(report, unsigned)
    assert "does not tell which way" in said and "Blue" not in said


def test_the_colours_are_the_page_s(report_of):
    light, dark = (slide_svg(report_of("usual"), dark=dark) for dark in (False, True))
    assert LIGHT["surface"] in light and DARK["surface"] in dark and LIGHT["text"] not in dark
    assert "stroke-dasharray" in light or not (np.array(report_of("usual").maps["decoded"].scores) < 0).any()


def test_another_shape(report_of):
    root = ET.fromstring(slide_svg(report_of("usual"), size=(800, 600)))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("800", "600", "0 0 1600 1200")


def test_a_value_is_no_probability(variant_folder):
    folder = variant_folder("bert", ("LABEL_0",), None)
    report = analyse(load_classifier(dataclasses.replace(CATALOG["sentiment"], path=folder), "cpu"), Query("m", "A warm film."))
    said = " ".join(ET.fromstring(slide_svg(report)).itertext())
    assert "The model’s value" in said and "%" not in said and "raises the value" in said


def test_short_texts_are_large_and_long_ones_small(report_of):
    sizes = {}
    for name in ("one word", "usual", "long"):
        group = next(node for node in ET.fromstring(slide_svg(report_of(name))).iter(f"{SVG}g"))
        sizes[name] = max(float(node.get("font-size")) for node in group.iter(f"{SVG}text") if node.get("text-anchor"))
    assert sizes["one word"] == SIZES[0] >= sizes["usual"] > sizes["long"] >= SIZES[-1]


# --- setting ---
def order(text: str, base: str) -> str:
    """The words as they are read from left to right."""
    pieces = pieces_of(text, [(i, i + 1) for i, c in enumerate(text) if c != " "])
    return "".join(piece.text for piece in _in_sight_order(pieces, base))


@pytest.mark.parametrize(
    "text, base, seen",
    [
        ("a b c", "L", "a b c"),
        ("א ב ג", "R", "ג ב א"),
        ("a א ב c", "L", "a ב א c"),
        ("א b c ד", "R", "ד b c א"),
        ("א ( ב )", "R", "( ב ) א"),
        ("א ! b", "R", "b ! א"),
    ],
)
def test_words_stand_in_the_order_in_which_they_are_read(text, base, seen):
    assert order(text, base) == seen


def test_a_word_and_its_comma_stay_on_one_line():
    text = "aaaa bbbb, cc"
    pieces = pieces_of(text, [(0, 4), (5, 9), (9, 10), (11, 13)])
    room = width("aaaa bbbb", 50) + 50 * (GAP + 0.2)
    lines = {}
    for one in set_text(pieces, 50, room).placed:
        lines.setdefault(one.baseline, []).append(one.piece.text)
    assert list(lines.values())[1][:2] == ["bbbb", ","] and next(iter(lines.values())) == ["aaaa"]


def test_what_lies_beyond_the_last_line_is_counted_once():
    text = "one two three four five six"
    spans = [(m, m + len(w)) for w in text.split() for m in [text.index(w)]]
    setting = set_text(pieces_of(text, spans), 50, 200, most_lines=1)
    assert setting.left_out == 6 - len(setting.placed) > 0


def test_what_steers_or_breaks_markup_is_not_drawn():
    assert drawable("a\u202eb\u2066c\ufeff") == "abc" and drawable("x\x00y\ud800") == "x�y�" and drawable("a\n b") == "a  b"
    assert pieces_of("\u202e", [(0, 1)])[0] == Piece("�", 0)


def test_widths_are_those_of_the_font():
    """Read off the font: 2,048 units to the em, rounded to thousandths."""
    assert width("natural wonderful", 1000) == pytest.approx(7670, abs=5)
    assert width("é", 10) == width("e", 10) and width("\u0301\u200d", 10) == 0 and width("字", 10) == 10
    assert shorten("a long line of words", 20, 100).endswith("…") and width(shorten("a long line of words", 20, 100), 20) <= 100
    assert shorten("short", 20, 100) == "short"


# --- as PNG ---
def test_it_becomes_a_png_twice_as_sharp(report_of):
    from dashboard.pictures import draw_png

    png = draw_png(slide_svg(report_of("hostile")))
    assert png.startswith(b"\x89PNG") and (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (3200, 1800)


def test_a_single_word_as_long_as_a_text_is_set_and_cut_at_once():
    """Its characters are measured once each; measured anew for every part of it, 20,000 took more than a minute."""
    (piece,) = pieces_of("ab" * 100_000, [(0, 200_000)])
    assert len(piece.text) == MOST_CHARACTERS
    setting = set_text([piece], SIZES[-1], 1000)
    assert "".join(one.piece.text for one in setting.placed) == piece.text and all(one.width <= 1000 for one in setting.placed)
    assert [one.piece.text for one in set_text([Piece("WW")], 100, 1).placed] == ["W", "W"]  # never less than a character
