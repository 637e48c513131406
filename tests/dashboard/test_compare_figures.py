"""The figures of the Compare page: what they hold, their colours, and that the files hold the same numbers."""

import csv
import io
import re
import struct

import numpy as np
import pytest
import vl_convert

from core.agreement import spearman_matrix, top_overlap_matrix
from core.cards import WALL
from core.comparison import FRACTIONS
from core.labels import REGRESSION
from dashboard import figure_wording, theme
from dashboard.components import agreement
from dashboard.figures.agreement_matrix import agreement_matrix
from dashboard.figures.coherence_curve import coherence_curve
from dashboard.figures.disagreement import MOST_WORDS, disagreement
from dashboard.figures.frame import numbers_of
from dashboard.figures.hiding_curves import HIDE, REVEAL, hiding_curves
from dashboard.figures.layer_faithfulness import layer_faithfulness
from dashboard.figures.layer_lines import MOST_NAMED, layer_lines, layer_picture
from dashboard.figures.panels import Panels, as_picture, on_page, spread
from dashboard.pictures import SHARPNESS, VEGA_LITE, to_png, to_svg
from dashboard.table import Table
from tests.dashboard.comparisons import BY_LAYER, LAYER, N_STATES, PHI, make_comparison
from tests.dashboard.reports import make_report

BOTH = pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
LAYER_NAMES = ("emb", "1", "2", "3")


def curves(comparison, palette=theme.LIGHT, chosen="decoded"):
    labels = {name: WALL[name].label for name in comparison.games}
    return hiding_curves(comparison.games, labels, chosen, "random", comparison.prediction, palette)


def layers(comparison, palette=theme.LIGHT, chosen="decoded", coherence=True):
    labels = {name: WALL[name].label for name in comparison.layer_games}
    profile = make_report().profiles["own_top1"] if coherence else None
    floor = (WALL["random"].label, comparison.games["random"].faithfulness)
    return layer_faithfulness(comparison.layer_games, labels, chosen, profile, LAYER_NAMES, LAYER, floor, True, palette)


def pairs(comparison, palette=theme.LIGHT):
    one, other = comparison.rows["decoded"], comparison.rows["lime"]
    return disagreement(comparison.words, one.scores, other.scores, one.card.label, other.card.label, True, palette)


def matrix(comparison, palette=theme.LIGHT):
    names, rows, _ = agreement.method_rows(comparison, list(comparison.rows))
    return agreement_matrix(spearman_matrix(rows), names, True, palette)


FIGURES = pytest.mark.parametrize("figure", [curves, layers, pairs, matrix])


def parts(node, name):
    """Everything that stands under a name anywhere in a specification."""
    found = [node[name]] if isinstance(node, dict) and name in node else []
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return found + [part for child in inner for part in parts(child, name)]


def rows_of(spec):
    """All data rows."""
    return [row for values in [*parts(spec, "values"), *spec.get("datasets", {}).values()] for row in values if isinstance(row, dict)]


def read(table: Table) -> list[dict]:
    return list(csv.DictReader(io.StringIO(table.to_csv().decode("utf-8-sig"))))


# --- all of them ---


@FIGURES
@BOTH
def test_the_specification_is_valid_and_coloured_by_the_theme(figure, palette):
    panels = figure(make_comparison(), palette)
    for chart in panels.charts:
        chart.to_dict()  # raises where it isn't Vega-Lite
        spec = on_page(chart, palette)
        assert spec["width"] == "container" and spec["config"]["font"] == theme.SANS
        assert spec["config"]["axis"]["labelColor"] == palette.muted
        other = theme.DARK if palette is theme.LIGHT else theme.LIGHT
        assert palette.text in str(spec) and other.text not in str(spec)


@FIGURES
def test_the_picture_is_made_and_holds_no_request(figure):
    panels = figure(make_comparison())
    svg = to_svg(as_picture(panels, "A <title> & more", theme.LIGHT))
    assert svg.startswith("<svg") and "A &lt;title&gt; &amp; more" in svg
    assert not set(re.findall(r"https?://[^\"' )]+", svg)) - {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<(script|image|foreignObject)|@import|url\((?!#)", svg)


def test_the_png_is_sharp():
    panels = layers(make_comparison())
    png = to_png(as_picture(panels, "Title", theme.DARK))
    width, height = struct.unpack(">II", png[16:24])
    assert png[1:4] == b"PNG" and width > SHARPNESS * panels.width and height > 500


def test_the_grammar_of_the_pictures_is_altairs():
    """A newer Altair that writes another version must be noticed."""
    import altair

    assert altair.SCHEMA_VERSION.removeprefix("v").startswith(f"{VEGA_LITE}.") and VEGA_LITE in vl_convert.get_vegalite_versions()


def test_nothing_may_be_fetched_by_a_picture():
    spec = as_picture(curves(make_comparison()), "Title", theme.LIGHT)
    spec["hconcat"][0]["layer"][0] = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "point", "encoding": {}}
    with pytest.raises(ValueError, match="127.0.0.1"):
        to_svg(spec)


@FIGURES
def test_words_and_labels_are_text_and_no_markup(figure):
    comparison = make_comparison("A <b>dull</b> film & more", labels=("bad", "<img src=x>"))
    svg = to_svg(as_picture(figure(comparison), "Title", theme.LIGHT))
    assert "<b>" not in svg and "<img" not in svg


def test_the_width_is_known_in_a_joined_picture():
    """Vega has no signal `width` there."""
    spec = as_picture(curves(make_comparison()), "Title", theme.LIGHT)
    expressions = parts(spec, "expr")
    assert expressions and not [text for text in expressions if "width" in text] and "520" in expressions[0]


# --- hiding and revealing ---


def test_every_method_has_a_line_in_both_games():
    comparison = make_comparison()
    panels = curves(comparison)
    for chart, values, start in zip(panels.charts, ("hide", "reveal"), (0.9, 0.5)):
        rows = [row for row in rows_of(on_page(chart, theme.LIGHT)) if "method" in row]
        assert {row["method"] for row in rows} == {WALL[name].label for name in PHI}
        of_lime = [row for row in rows if row["method"] == WALL["lime"].label]
        assert [row["share"] for row in of_lime] == [0, *FRACTIONS]
        assert [row["says"] for row in of_lime] == [start, *getattr(comparison.games["lime"], values)]


def test_the_chosen_method_and_random_stand_out_and_are_named():
    spec = on_page(curves(make_comparison(), chosen="lime").charts[0], theme.LIGHT)
    kinds = {row["method"]: row["kind"] for row in rows_of(spec) if "method" in row}
    assert [name for name, kind in kinds.items() if kind == "chosen"] == [WALL["lime"].label]
    assert kinds[WALL["random"].label] == "floor" and list(kinds.values()).count("other") == len(PHI) - 2
    named = {row["name"].replace("\n", " ") for row in rows_of(spec) if "name" in row}
    assert named == {WALL["lime"].label, WALL["random"].label}


def test_a_line_stands_out_under_the_pointer():
    params = parts(on_page(curves(make_comparison()).charts[0], theme.LIGHT), "params")
    assert params and params[0][0]["select"]["on"] == "pointerover" and params[0][0]["select"]["fields"] == ["method"]


def test_a_regression_has_no_percent():
    comparison = make_comparison(labels=("score",), problem_type=REGRESSION)
    spec = on_page(curves(comparison).charts[0], theme.LIGHT)
    formats = {axis["format"] for axis in parts(spec, "axis") if isinstance(axis, dict) and axis.get("title") is None and "format" in axis}
    assert formats == {".3~g"} and "value of “score”" in str(spec)


def test_the_table_holds_every_point():
    comparison = make_comparison()
    rows = read(curves(comparison).numbers)
    assert len(rows) == 2 * len(PHI) * (1 + len(FRACTIONS))
    hidden = [float(row["output of the class"]) for row in rows if row["method"] == WALL["decoded"].label and row["game"] == HIDE]
    shown = [float(row["output of the class"]) for row in rows if row["method"] == WALL["decoded"].label and row["game"] == REVEAL]
    game = comparison.games["decoded"]
    assert hidden == [game.whole, *game.hide] and shown == [game.empty, *game.reveal]  # to the last digit


def test_names_at_the_ends_never_meet():
    places = spread({"a": 0.5, "b": 0.51, "c": 0.99, "d": 1.0}, 0.1, 0.0, 1.0)
    assert places == pytest.approx({"a": 0.5, "b": 0.6, "c": 0.9, "d": 1.0})
    assert min(np.diff(sorted(spread({str(i): 0.0 for i in range(5)}, 0.1, 0.0, 1.0).values()))) == pytest.approx(0.1)


# --- layers ---


def test_faithfulness_stands_over_coherence_with_the_same_layers():
    comparison = make_comparison()
    upper, lower = (on_page(chart, theme.LIGHT) for chart in layers(comparison).charts)
    phi = {row["layer"]: row["value"] for row in rows_of(upper) if row.get("name") == WALL["decoded"].label and row["layer"] != "3"}
    assert phi == pytest.approx({"emb": 0.3, "1": 0.4, "2 ★": 0.5})
    recovered = {row["layer"]: row["value"] for row in rows_of(lower) if row.get("name") == "words recovered"}
    assert recovered == pytest.approx({"emb": 1.0, "1": 0.8, "2 ★": 0.6, "3": 0.4})
    assert parts(upper, "sort")[0] == parts(lower, "sort")[0] == ["emb", "1", "2 ★", "3"]


def test_random_is_a_level_line_below():
    spec = on_page(layers(make_comparison()).charts[0], theme.LIGHT)
    level = [row["value"] for row in rows_of(spec) if set(row) == {"layer", "value"}]
    assert level == pytest.approx([PHI["random"]] * N_STATES)


def test_the_chosen_layer_method_comes_first():
    columns = layers(make_comparison(), chosen="faithful").numbers.columns
    assert columns[1] == f"φ, {WALL['faithful'].label}" and len(columns) == 1 + len(BY_LAYER) + 2


def test_without_a_head_there_is_one_panel():
    assert len(layers(make_comparison(), coherence=False).charts) == 1
    assert "language-model head" in figure_wording.layers_note(False)
    assert "few methods" in figure_wording.layers_note(True, n_words=100) and "few methods" not in figure_wording.layers_note(True, n_words=99)


def test_of_many_lines_the_first_alone_is_named():
    lines = {f"line {i}": [0.1 * i, 0.2] for i in range(MOST_NAMED + 1)}
    few = dict(list(lines.items())[:-1])
    for drawn, named in ((few, set(few)), (lines, {"line 0"})):
        spec = on_page(layer_lines("T", drawn, ("emb", "1"), theme.LIGHT), theme.LIGHT)
        rows = rows_of(spec)
        assert {row["name"] for row in rows if row.get("layer") == "1" and set(row) == {"layer", "value", "name"}} == set(drawn)
        assert sum(row["name"] == "line 0" for row in rows) == 3 and sum(row["name"] == "line 1" for row in rows) == 2 + ("line 1" in named)


def test_the_layers_table_is_phi_and_coherence():
    rows = read(layers(make_comparison()).numbers)
    assert [row["layer"] for row in rows] == list(LAYER_NAMES)
    assert [float(row["words recovered"]) for row in rows] == pytest.approx([1.0, 0.8, 0.6, 0.4])


# --- agreement ---


def test_cells_hold_the_figures_and_diverge_from_the_ground():
    values = np.array([[1.0, -0.4], [-0.4, 1.0]])
    spec = on_page(agreement_matrix(values, ["one", "two"], True, theme.DARK).charts[0], theme.DARK)
    assert [row["agreement"] for row in rows_of(spec)] == [1.0, -0.4, -0.4, 1.0]
    scale = next(scale for scale in parts(spec, "scale") if "interpolate" in scale)
    assert scale["domain"] == [-1, 0, 1] and scale["range"][1] == theme.DARK.surface
    blue, _, orange = (theme.rgb(colour) for colour in scale["range"])
    assert blue[2] > blue[0] and orange[0] > orange[2]


@BOTH
def test_figures_are_legible_on_every_cell(palette):
    spec = on_page(agreement_matrix(np.eye(2), ["one", "two"], True, palette).charts[0], palette)
    ends = next(scale for scale in parts(spec, "scale") if "interpolate" in scale)["range"]
    assert all(theme.contrast(theme.rgb(palette.text), theme.rgb(colour)) >= 4.5 for colour in ends)


def test_overlap_has_one_colour_and_no_negative():
    spec = on_page(agreement_matrix(np.full((2, 2), 0.5), ["one", "two"], False, theme.LIGHT).charts[0], theme.LIGHT)
    assert next(scale for scale in parts(spec, "scale") if "interpolate" in scale)["domain"] == [0, 1]


@pytest.mark.parametrize(("size", "has_figures"), [(14, True), (15, False)])
def test_small_squares_have_figures(size, has_figures):
    names = [f"method {i}" for i in range(size)]
    spec = on_page(agreement_matrix(np.eye(size), names, True, theme.LIGHT).charts[0], theme.LIGHT)
    assert ("text" in [mark["type"] for mark in parts(spec, "mark")]) == has_figures


def test_no_order_is_an_empty_cell():
    panels = agreement_matrix(np.array([[1.0, np.nan], [np.nan, np.nan]]), ["one", "two"], True, theme.LIGHT)
    assert [row["agreement"] for row in rows_of(on_page(panels.charts[0], theme.LIGHT))] == [1.0, None, None, None]
    assert read(panels.numbers) == [{"": "one", "one": "1.0", "two": ""}, {"": "two", "one": "", "two": ""}]


def test_signed_and_unsigned_methods_meet_by_magnitude():
    rows = np.array([[3.0, -2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])
    found = agreement.matrix_of(rows, [True, True, False], spearman_matrix)
    assert found[0, 1] == spearman_matrix(rows)[0, 1] == pytest.approx(-0.5)
    assert found[0, 2] == spearman_matrix(np.abs(rows))[0, 2] == pytest.approx(-0.5) and found[2, 0] == found[0, 2]
    assert spearman_matrix(rows)[0, 2] == pytest.approx(-1.0)  # which signs and magnitudes would have told


def test_layers_are_compared_with_the_layers_of_one_method():
    names, rows, signed = agreement.layer_rows(make_comparison(), "decoded")
    assert names == ["emb", "1", "2 ★", "3"] and rows.shape[0] == N_STATES and all(signed)
    assert np.allclose(top_overlap_matrix(rows), 1)  # the hand-made layers are multiples of one another


# --- two methods word by word ---


def test_words_stand_in_the_order_of_the_text_with_both_scores():
    words, one, other = ("a", "dull", "film"), np.array([0.0, -4.0, 2.0]), np.array([0.1, 0.05, -0.2])
    panels = disagreement(words, one, other, "first", "second", True, theme.LIGHT)
    rows = [row for row in rows_of(on_page(panels.charts[0], theme.LIGHT)) if "word" in row]
    assert [(row["word"], row["one"], row["other"], row["ranks"]) for row in rows] == [
        ("a", 0.0, 0.5, "2 · 1"), ("dull", -1.0, 0.25, "3 · 2"), ("film", 0.5, -1.0, "1 · 3"),
    ]  # fmt: skip
    table = read(panels.numbers)
    assert [float(row["first"]) for row in table] == [0.0, -4.0, 2.0] and [float(row["second, place"]) for row in table] == [1, 2, 3]


def test_equal_words_have_rows_of_their_own():
    panels = disagreement(("the", "the"), np.array([1.0, 2.0]), np.array([2.0, 1.0]), "first", "second", True, theme.LIGHT)
    rows = [row for row in rows_of(on_page(panels.charts[0], theme.LIGHT)) if "word" in row]
    assert [(row["place"], row["word"]) for row in rows] == [(0, "the"), (1, "the")]


def test_of_a_long_text_the_most_disputed_words_are_drawn_in_order():
    n = 100
    one, other = np.arange(n, dtype=float), np.arange(n, dtype=float)
    one[[10, 60]] = one[[60, 10]]
    panels = disagreement([f"w{i}" for i in range(n)], one, other, "first", "second", True, theme.LIGHT)
    rows = [row for row in rows_of(on_page(panels.charts[0], theme.LIGHT)) if "word" in row]
    drawn = [int(row["word"][1:]) for row in rows]
    assert len(drawn) == MOST_WORDS and drawn == sorted(drawn) and {10, 60} <= set(drawn)
    assert len(panels.numbers.rows) == n
    assert f"Of {n} words, the {MOST_WORDS}" in figure_wording.disagreement_note(n, MOST_WORDS)


# --- tables and the curves of Explore ---


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_text_is_no_formula(text):
    cell = next(csv.reader(io.StringIO(Table((text,), ()).to_csv().decode("utf-8-sig"), newline="")))[0]
    assert cell.startswith("'")


def test_numbers_stay_numbers():
    table = Table(("n", "m", "word"), ((-0.1 - 0.2, None, 'a "b", c'), (np.float64(-3.0), 4, "x"), (float("nan"), 0, "é\x00")))
    assert read(table) == [
        {"n": "-0.30000000000000004", "m": "", "word": 'a "b", c'}, {"n": "-3.0", "m": "4", "word": "x"}, {"n": "", "m": "0", "word": "é␀"},
    ]  # fmt: skip


def test_a_ragged_table_is_refused():
    with pytest.raises(ValueError, match="Row 1 has 1 cells; there are 2 columns"):
        Table(("a", "b"), ((1, 2), (1,)))


def test_the_curves_of_explore_have_their_numbers_and_a_picture():
    report = make_report()
    shares = [report.profiles["own_top1"], report.profiles["content_share"]]
    numbers, form = numbers_of(coherence_curve(shares, ["emb", "1", "2 ★", "3"], 1, theme.LIGHT))
    assert numbers.columns == ("layer", "words recovered", "saliency on words")
    assert [row[1] for row in numbers.rows] == shares[0].values.tolist() and [row[0] for row in numbers.rows] == ["emb", "1", "2 ★", "3"]
    svg = to_svg(layer_picture("How far each layer can be read", numbers, form, theme.LIGHT))
    assert "words recovered" in svg and "2 ★" in svg


def test_panels_side_by_side_are_joined_so():
    both = curves(make_comparison())
    assert "hconcat" in as_picture(both, "T", theme.LIGHT)
    assert "vconcat" in as_picture(Panels(both.charts, both.numbers, stacked=True), "T", theme.LIGHT)
