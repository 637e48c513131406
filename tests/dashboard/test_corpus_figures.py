"""The figures of a run's results: what they hold, their colours, and that the files hold the same numbers."""

import csv
import io
import re
from types import SimpleNamespace

import pytest

from core.corpus.summary import Summary
from dashboard import theme
from dashboard.components import confusion_table, corpus_layers
from dashboard.figures import confusion as confusion_figure
from dashboard.figures.confusion import confusion
from dashboard.figures.layer_bands import Band, layer_bands
from dashboard.figures.panels import as_picture, on_page
from dashboard.figures.word_points import WordPoint, word_points
from dashboard.pictures import to_svg
from dashboard.run_reading import Found
from dashboard.table import Table
from tests.dashboard.result_folder import LAYER, N_LAYERS, RANDOM_PHI, make_row, reviews, sampled, write_run
from tests.dashboard.test_compare_figures import parts, rows_of

BOTH = pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
NAMES = ("emb", "1", "2", "3")
BAND = Band("Saliency on words", (0.9, 0.7, 0.5, 0.2), (0.8, 0.6, 0.4, 0.1), (1.0, 0.8, 0.6, 0.3), True)
PHI = Band("Faithfulness φ", (0.1, 0.2, 0.3, 0.4), (0.0, 0.1, 0.2, 0.3), (0.2, 0.3, 0.4, 0.5), False, (-0.2, -0.3, -0.1))


def words(palette=theme.LIGHT, word="good"):
    points = [WordPoint(word, 1200, 0.4, 0.3, 0.5, 0.1), WordPoint("film", 3, -0.1, -0.2, 0.05, None)]
    table = Table(("Word", "Mean"), tuple((point.word, point.first) for point in points))
    return word_points(points, "where it is wrong", "where it is right", table, palette)


def bands(palette=theme.LIGHT, word=""):
    return layer_bands([BAND, PHI], NAMES, LAYER, palette)


def square(palette=theme.LIGHT, word="good"):
    return confusion([[3, 1], [0, 4]], [word, "positive"], ["negative", "positive"], [0, 1], palette)


FIGURES = pytest.mark.parametrize("figure", [words, bands, square])


def read(table: Table) -> list[dict]:
    return list(csv.DictReader(io.StringIO(table.to_csv().decode("utf-8-sig"))))


def found_of(tmp_path, rows, **more) -> Found:
    folder = write_run(tmp_path / "run", rows, **more)
    from core.corpus.store import read_manifest

    return Found(folder, "", read_manifest(folder), Summary.from_json((folder / "summary.json").read_text()))


@FIGURES
@BOTH
def test_the_specification_is_valid_and_coloured_by_the_theme(figure, palette):
    for chart in figure(palette).charts:
        chart.to_dict()  # raises where it isn't Vega-Lite
        spec = on_page(chart, palette)
        other = theme.DARK if palette is theme.LIGHT else theme.LIGHT
        assert palette.text in str(spec) and other.text not in str(spec)


@FIGURES
def test_no_figure_is_red_and_green(figure):
    """Nor orange and blue, which are for scores of words in a text."""
    colours = set(re.findall(r"#[0-9a-f]{6}", str([on_page(chart, theme.LIGHT) for chart in figure().charts])))
    assert colours <= {theme.LIGHT.text, theme.LIGHT.muted, theme.LIGHT.line, theme.LIGHT.surface}


@FIGURES
def test_the_picture_is_made_and_holds_no_request(figure):
    svg = to_svg(as_picture(figure(), "A <title> & more", theme.LIGHT))
    assert svg.startswith("<svg") and "A &lt;title&gt; &amp; more" in svg
    assert not set(re.findall(r"https?://[^\"' )]+", svg)) - {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize("figure", [words, square])
def test_words_and_labels_are_text_and_no_markup(figure):
    svg = to_svg(as_picture(figure(word="<img src=x>"), "Title", theme.LIGHT))
    assert "<img" not in svg and "&lt;img" in svg


def test_a_word_has_its_point_its_bar_and_its_texts():
    rows = [row for row in rows_of(on_page(words().charts[0], theme.LIGHT)) if "word" in row]
    assert [(row["word"], row["texts"], row["first"], row["low"], row["high"]) for row in rows] == [
        ("good", "1,200", 0.4, 0.3, 0.5),
        ("film", "3", -0.1, -0.2, 0.05),
    ]
    assert (
        [row["second"] for row in rows] == [0.1, None]
        and rows[0]["told"] == "+30.0 to +50.0 %"
        and rows[1]["told"].startswith("−20.0")
    )


def test_without_an_interval_a_line_goes_to_the_second_point():
    panels = word_points([WordPoint("bad", 5, 0.3, second=-0.1)], "late", "early", Table(("Word",), ()), theme.LIGHT)
    (row,) = [row for row in rows_of(on_page(panels.charts[0], theme.LIGHT)) if "word" in row]
    assert (row["low"], row["high"]) == (0.3, -0.1)


def test_a_band_lies_between_its_ends_and_a_lone_text_has_none():
    spec = on_page(bands().charts[0], theme.LIGHT)
    assert [layer for layer in parts(spec, "mark") if layer["type"] == "area"]
    rows = [row for row in rows_of(spec) if "low" in row]
    assert [(row["layer"], row["low"], row["mean"], row["high"]) for row in rows][LAYER] == ("2 ★", 0.4, 0.5, 0.6)
    alone = layer_bands([Band("One", (0.1, 0.2, 0.3, 0.4), None, None, True)], NAMES, None, theme.LIGHT)
    assert not [mark for mark in parts(on_page(alone.charts[0], theme.LIGHT), "mark") if mark["type"] == "area"]


def test_numbers_of_the_bands_with_their_ends_and_the_random_order():
    table = read(bands().numbers)
    assert [row["layer"] for row in table] == list(NAMES)
    assert (
        float(table[1]["Saliency on words, 95 % low"]) == 0.6
        and float(table[3]["Faithfulness φ, random order, 95 % high"]) == -0.1
    )
    assert "Saliency on words, random order" not in table[0]


def test_shares_of_the_confusion_are_of_the_label_and_right_cells_are_framed():
    rows = [row for row in rows_of(on_page(square().charts[0], theme.LIGHT)) if "share" in row]
    assert [(row["n"], row["share"], row["right"]) for row in rows] == [
        (3, 0.75, True),
        (1, 0.25, False),
        (0, 0.0, False),
        (4, 1.0, True),
    ]
    assert [row["told"] for row in rows] == ["3 · 75 %", "1 · 25 %", "0", "4 · 100 %"]
    assert read(square().numbers)[0] == {"label": "good", "negative": "3", "positive": "1", "rows": "4"}


def test_labels_that_look_alike_stay_apart():
    long = "a" * 60
    rows = rows_of(
        on_page(
            confusion([[1], [2], [3]], [long + "1", long + "2", ""], ["b"], [0, None, None], theme.LIGHT).charts[0], theme.LIGHT
        )
    )
    assert len({row["label"] for row in rows}) == 3


# --- from a run ---


def test_the_square_of_a_run(tmp_path):
    found = found_of(tmp_path, reviews())
    counts, labels, classes, right = confusion_table.square_of(found.summary, found.manifest.plan.classes, found.manifest.labels)
    assert (labels, classes, right) == (["negative", "positive"], ["negative", "positive"], [0, 1])
    assert counts == [[4, 1], [1, 5]]


def test_a_label_is_shown_with_the_class_that_it_names():
    told = SimpleNamespace(confusion=[["1", "negative", 2], ["0", "negative", 3], ["NEGATIVE", "negative", 1]])
    counts, labels, classes, right = confusion_table.square_of(
        told, {"0": 0, "1": 1, "NEGATIVE": 0}, ("negative", "positive", "unseen")
    )
    assert labels == ["0 = negative", "NEGATIVE", "1 = positive"] and classes == ["negative", "positive"]
    assert counts == [[3, 0], [1, 0], [2, 0]] and right == [0, 0, 1]


def test_of_very_many_classes_the_largest_are_drawn():
    n = 50
    counts = [[(i + 1) * (i == j) for j in range(n)] for i in range(n)]
    names = [f"c{i}" for i in range(n)]
    cut, labels, classes, right = confusion_table.largest_of(counts, names, names, list(range(n)))
    assert labels == classes == names[-confusion_table.MOST_DRAWN :] and right == list(range(confusion_table.MOST_DRAWN))
    assert [cut[i][i] for i in (0, -1)] == [21, 50] and confusion_table.MOST_DRAWN > confusion_figure.MOST_FIGURES


def test_every_curve_that_was_measured_has_a_band(tmp_path):
    found = found_of(tmp_path, reviews())
    share, coherence, phi = corpus_layers.bands_of(found)
    assert share.mean == pytest.approx((0.9, 0.7, 0.5, 0.3), abs=1e-6) and coherence.mean[-1] == pytest.approx(0.4)
    assert phi.floor[0] == pytest.approx(RANDOM_PHI) and len(phi.mean) == N_LAYERS and phi.low[0] <= phi.mean[0] <= phi.high[0]


def test_without_samples_one_curve_is_left(tmp_path):
    found = found_of(tmp_path, [make_row(1, "good film"), make_row(2, "bad film")])
    assert [band.title for band in corpus_layers.bands_of(found)] == ["Saliency on words"]


def test_of_one_row_no_interval_is_drawn(tmp_path):
    found = found_of(tmp_path, [make_row(1, "good film", sample=sampled(1))])
    assert [band.low for band in corpus_layers.bands_of(found)] == [None] * 3
    assert layer_bands(corpus_layers.bands_of(found), NAMES, LAYER, theme.LIGHT).charts[2].to_dict()
