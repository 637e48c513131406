"""The curves: what they hold, and that labels of a model can't be read as markup."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.labels import MULTI_LABEL, REGRESSION
from core.prediction import Prediction
from dashboard import theme
from dashboard.figures.coherence_curve import coherence_curve
from dashboard.figures.stopping_curve import stopping_curve
from tests.dashboard.reports import make_report

NAMES = ["emb", "1", "2 ★", "3"]


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_the_coherence_curve_holds_both_shares_and_their_layers(palette):
    report = make_report()
    figure = coherence_curve([report.profiles["own_top1"], report.profiles["content_share"]], NAMES, 1, palette)
    assert [trace.name for trace in figure.data] == ["words recovered", "saliency on words"]
    assert np.allclose(figure.data[0].y, report.profiles["own_top1"].values)
    assert list(figure.data[0].customdata) == [0, 1, 2, 3]
    assert list(figure.layout.xaxis.ticktext) == NAMES


def test_points_below_one_half_are_hollow_and_the_shown_one_large():
    figure = coherence_curve([make_report().profiles["own_top1"]], NAMES, 1, theme.LIGHT)
    marker = figure.data[0].marker
    assert marker.color[3] == theme.LIGHT.surface and marker.color[0] == theme.LIGHT.text
    assert marker.size[1] > marker.size[0]


def test_without_a_head_there_is_one_curve():
    assert len(coherence_curve([make_report(has_head=False).profiles["content_share"]], NAMES, 0, theme.LIGHT).data) == 1


def test_the_explained_class_is_the_solid_line():
    outputs = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    figure = stopping_curve(outputs, Prediction(("a", "b", "c"), outputs[-1], outputs[-1], 1), ["emb", "1"], 0, theme.LIGHT)
    assert [trace.name for trace in figure.data] == ["b", "c", "a"]
    assert figure.data[0].line.dash == "solid" and list(figure.data[0].y) == [0.5, 0.1]


def test_many_classes_draw_few_lines():
    outputs = np.full((3, 50), 0.02)
    prediction = Prediction(tuple(map(str, range(50))), outputs[-1], outputs[-1], 49)
    figure = stopping_curve(outputs, prediction, ["emb", "1", "2"], 0, theme.LIGHT)
    assert len(figure.data) == 3 and figure.data[0].name == "49"


def test_labels_are_no_markup():
    prediction = Prediction(("<b>x</b>", "<img src=x>"), np.full(2, 0.5), np.zeros(2), 0)
    figure = stopping_curve(np.full((2, 2), 0.5), prediction, ["emb", "1"], 0, theme.LIGHT)
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;" and "<img" not in figure.data[1].hovertemplate


def test_labels_on_their_own_are_shares_too():
    report = make_report(labels=("joy", "anger", "surprise"), problem_type=MULTI_LABEL)
    figure = stopping_curve(report.layer_outputs, report.prediction, NAMES, 1, theme.LIGHT)
    assert [trace.name for trace in figure.data] == ["surprise", "anger", "joy"]
    assert figure.layout.yaxis.tickformat == ".0%" and figure.layout.yaxis.title.text is None


def test_values_have_an_axis_of_their_own():
    """With the unit, no percent anywhere, and no range that would cut them off."""
    outputs = np.array([[-3.2], [0.1], [4.5], [4.4]])
    prediction = Prediction(("score",), outputs[-1], outputs[-1], 0, problem_type=REGRESSION)
    figure = stopping_curve(outputs, prediction, NAMES, 1, theme.LIGHT)
    axis = figure.layout.yaxis
    assert axis.title.text == "model's own scale" and axis.range is None and axis.tickvals is None and "%" not in axis.tickformat
    assert "%{y:.4g}" in figure.data[0].hovertemplate and list(figure.data[0].y) == [-3.2, 0.1, 4.5, 4.4]


def test_a_curve_is_built_once_and_drawing_leaves_it_as_it_is():
    def curve(shown: int, palette: theme.Palette):
        return coherence_curve([make_report().profiles["own_top1"]], NAMES, shown, palette)

    def draw(figure) -> None:
        import streamlit as st

        from dashboard.figures.frame import numbers_of

        st.plotly_chart(figure, key="curve", on_select=lambda: None, selection_mode="points", theme=None)
        numbers_of(figure)

    drawn = curve(1, theme.LIGHT)
    before = drawn.to_json()
    assert not AppTest.from_function(draw, args=(drawn,)).run(timeout=60).exception
    assert curve(1, theme.LIGHT) is drawn and drawn.to_json() == before
    assert all(other.to_json() != before for other in (curve(2, theme.LIGHT), curve(1, theme.DARK)))
