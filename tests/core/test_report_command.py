"""`python -m core report`."""

import pytest

from core.__main__ import main
from core.export import to_json
from core.pipeline import analyse
from core.records import Query
from core.report.one_text import to_page
from core.score_table import read_scores
from tests.families import TEXT


@pytest.fixture(scope="module")
def report(classifier_of):
    return analyse(classifier_of("bert"), Query("tiny", TEXT))


@pytest.fixture
def saved(report, tmp_path):
    path = tmp_path / "saved.json"
    path.write_text(to_json(report), encoding="utf-8")
    return path


def test_a_saved_report_becomes_a_page_and_a_table(report, saved, tmp_path):
    page, scores = tmp_path / "page.html", tmp_path / "scores.parquet"
    assert main(["report", str(saved), "--html", str(page), "--scores", str(scores)]) == 0
    assert page.read_text(encoding="utf-8") == to_page(report)
    assert list(read_scores(scores)) == list(report.maps)


def test_method_and_layer_can_be_chosen(report, saved, tmp_path):
    page = tmp_path / "page.html"
    assert main(["report", str(saved), "--html", str(page), "--method", "gradient_norm", "--layer", "0"]) == 0
    assert page.read_text(encoding="utf-8") == to_page(report, "gradient_norm", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.json", "--html", "x.html"], "There is no file and no folder"),
        (["saved.json", "--html", "x.html", "--method", "faithful"], "holds no map of “faithful”"),
        (["saved.json", "--html", "x.html", "--layer", "99"], "The layer is 99"),
        (["saved.json", "--html", "nowhere/x.html"], "nowhere"),
        (["bytes.json", "--html", "x.html"], "is no text"),
        (["other.json", "--html", "x.html"], "not a saved report"),
        ([".", "--html", "x.html"], "holds no run"),
        ([".", "--scores", "x.parquet"], "--scores is not for"),
        ([".", "--html", "x.html", "--layer", "1"], "--layer is not for"),
    ],
)
def test_what_can_t_be_made_ends_with_2_and_a_sentence(arguments, said, saved, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "other.json").write_text("{}")
    assert main(["report", *arguments]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "x.html").exists()


def test_nothing_to_write_is_said(saved, capsys):
    with pytest.raises(SystemExit):
        main(["report", str(saved)])
    assert "give --html FILE" in capsys.readouterr().err
