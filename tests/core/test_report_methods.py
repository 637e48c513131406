"""What a corpus report says of people's marks and of methods: every figure, every text escaped, and nothing where nothing was measured."""

import dataclasses

import pytest

from core.corpus.method_table import write_methods
from core.corpus.store import MANIFEST, SUMMARY, RunError, write_manifest
from core.report.corpus import to_page
from core.report.run_folder import report_of_run
from tests.core.corpus_report import interval, make_manifest, make_summary
from tests.core.html_page import Page
from tests.core.test_corpus_methods import by_hand

PEOPLE = {
    "plausibility": {name: interval(0.6, 7) for name in ("auprc", "auroc", "token_f1", "token_iou", "iou_f1")}
    | {"marked": interval(0.25, 7)},
    "plausibility_by_layer": interval([0.1, 0.2, 0.6, 0.5], 7),
}
TABLE = by_hand({"random": -0.1, "decoded": 0.3, "undecoded": 0.2})


def test_agreement_with_people_is_told_with_what_chance_gives():
    text = Page(to_page(make_summary(**PEOPLE), make_manifest())).text
    assert (
        "Do its words agree with people’s?" in text
        and "7 rows with people’s marks of the predicted class, 25.0 % of their words marked" in text
    )
    assert "AUPRChow far up the ranking the marked words stand, 0 to 10.600.55 to 0.650.25" in text
    assert "AUPRC by layer: emb 0.10, 1 0.20, 2 0.60, 3 0.50." in text


def test_one_marked_row_has_no_interval():
    one = {name: {"mean": 0.5, "low": None, "high": None, "n": 1} for name in PEOPLE["plausibility"]}
    assert "IOU F1" in Page(to_page(make_summary(plausibility=one), make_manifest())).text


def test_methods_are_ranked_with_intervals_and_costs():
    text = Page(to_page(make_summary(), make_manifest(), methods=TABLE)).text
    places = [
        text.index(told)
        for told in ("decoded layer saliency+0.300+0.200 to +0.40031 + 12.0", "+0.200+0.100 to +0.300", "the floor−0.100")
    ]
    assert places == sorted(places)
    assert (
        "could not serve 3 rows: It has no attention." in text
        and "Row 5 could not be measured: Too odd." in text
        and "were not run: " in text
    )


def test_without_them_nothing_is_said():
    text = Page(to_page(make_summary(), make_manifest())).text
    assert "people’s" not in text and "Methods on a sample" not in text
    none = dataclasses.replace(TABLE, methods={"alti": TABLE.methods["alti"]}, unusable={})
    assert "No row of the sample could be measured." in Page(to_page(make_summary(), make_manifest(), methods=none)).text


def test_what_a_damaged_table_quotes_is_no_markup():
    evil = dataclasses.replace(TABLE, unusable={"5": "<img src=x onerror=y>"}, left_out=["<u>"])
    html = to_page(make_summary(), make_manifest(), methods=evil)
    assert "<img" not in html and "<u>" not in html and "&lt;img" in html


def test_the_folder_of_a_run_with_methods(tmp_path):
    write_manifest(tmp_path, make_manifest())
    (tmp_path / SUMMARY).write_text(make_summary(**PEOPLE).to_json(), encoding="utf-8")
    write_methods(tmp_path, TABLE)
    assert (tmp_path / MANIFEST).is_file()
    text = Page(report_of_run(tmp_path)).text
    assert "Methods on a sample" in text and "people’s marks" in text
    (tmp_path / "methods.json").write_text("{}")
    with pytest.raises(RunError, match="methods.json can't be read"):
        report_of_run(tmp_path)
