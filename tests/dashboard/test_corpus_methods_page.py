"""People's marks and methods on the Corpus page: shown where there are any, asked for, stopped, gone on with, and told in a sentence."""

import threading
from dataclasses import replace

import pytest

from core.corpus import method_sample
from core.corpus.method_table import PARTIAL, read_methods, write_methods
from core.corpus.store import RunError
from core.turns import Stopped
from dashboard import corpus_methods, serving
from dashboard import corpus_methods_wording as said
from tests.core.test_corpus_methods import by_hand
from tests.dashboard.page import everything_said, notices, press
from tests.dashboard.result_folder import make_row, reviews
from tests.dashboard.test_corpus_results import captions, headings, open_run, table  # noqa: F401 — a fixture

TABLE = by_hand({"random": -0.1, "decoded": 0.3, "undecoded": 0.2})
OFFER = said.button(corpus_methods.SAMPLE, 0)


@pytest.fixture
def measuring(monkeypatch):
    """`measuring(work)`: what stands for the comparison; `measuring.turns` are the names in which turns were asked for."""

    def run_corpus(self, spec, run_id, tell, work):
        turns.append(run_id)
        return work(None, tell)

    turns = []
    monkeypatch.setattr(serving.Service, "run_corpus", run_corpus)

    def use(work):
        monkeypatch.setattr(method_sample, "measure_methods", lambda folder, classifier, n, tell: work(folder, n, tell))

    use.turns = turns
    return use


def finish(page):
    """Look again, as the page does by itself, until nothing is under way."""
    for _ in range(100):
        asked = page.session_state["corpus_methods"]
        if asked.job is None:
            return page.run()
        asked.job.future.exception(timeout=10)
        page.run()
    raise AssertionError("it never ended")


def buttons(page) -> list[str]:
    return [button.label for button in page.button]


# --- people's marks ---
def test_agreement_is_shown_where_rows_have_marks(open_run):  # noqa: F811
    rows = [replace(make_row(n, "a good film", "positive"), rationale="[0, 1, 0]") for n in (1, 2)]
    rows.append(replace(make_row(3, "a good film", "positive"), rationale="[0, 1"))
    page = open_run(rows)
    assert said.PEOPLE_TITLE in headings(
        page
    ) and "2 rows have people’s marks of the predicted class (33 % of the words)" in captions(page)
    cells = [row["cells"] for row in table(page, said.PEOPLE_TITLE)["rows"]]
    assert cells[0] == ["AUPRC", "1.00", "1.00 to 1.00", "0.33", said.FIGURES["auprc"][1]] and len(cells) == 5
    assert any("1 row's marks can't be read, the first in row 3" in sentence for sentence in notices(page))


def test_without_marks_there_is_no_card(open_run):  # noqa: F811
    assert said.PEOPLE_TITLE not in headings(open_run(reviews()))


# --- methods ---
def test_methods_are_compared_when_they_are_asked_for(open_run, measuring):  # noqa: F811
    def work(folder, n, tell):
        tell("Row 1 of 20", 0.0)
        assert n == corpus_methods.SAMPLE
        write_methods(folder, TABLE)
        return TABLE

    measuring(work)
    page = open_run(reviews())
    assert OFFER in buttons(page) and not measuring.turns
    finish(press(page, OFFER))
    assert measuring.turns == ["methods-" + "A" * 22] and OFFER not in buttons(page)
    cells = [row["cells"] for row in table(page, said.METHODS_TITLE)["rows"]]
    assert [row[1] for row in cells] == ["+0.300", "+0.200", "−0.100"] and cells[0][2:] == [
        "+0.200 to +0.400",
        "3",
        "1 + 1",
        "2.0",
    ]
    assert cells[2][0].endswith("(the floor)") and said.HOW[:40] in captions(page)
    told = " ".join(notices(page))
    assert "could not serve 3 of the rows: It has no attention." in told and "Row 5 could not be measured: Too odd." in told
    assert not page.exception


def test_a_comparison_is_stopped_and_gone_on_with(open_run, measuring):  # noqa: F811
    gate = threading.Event()

    def work(folder, n, tell):
        (folder / PARTIAL).write_text('{"question": 1}\n{"row": 1}\n{"row": 2}\n')
        while not gate.wait(0.02):
            tell("Row 3 of 20", 0.1)
        write_methods(folder, TABLE)

    measuring(work)
    page = press(open_run(reviews()), OFFER)
    job = page.session_state["corpus_methods"].job
    press(page, said.STOP)
    page.run()
    assert job.future.exception(timeout=10) is not None and said.STOPPED in notices(page)
    go_on = said.button(corpus_methods.SAMPLE, 2)
    assert go_on in buttons(page) and read_methods(open_run.folder) is None
    gate.set()
    finish(press(page, go_on))
    assert table(page, said.METHODS_TITLE)["rows"] and said.STOPPED not in notices(page)


def test_one_that_nobody_looked_at_goes_on_when_somebody_does(open_run, measuring):  # noqa: F811
    calls = []

    def work(folder, n, tell):
        calls.append(1)
        if len(calls) == 1:
            raise Stopped
        write_methods(folder, TABLE)

    measuring(work)
    page = finish(press(open_run(reviews()), OFFER))
    assert len(calls) == 2 and table(page, said.METHODS_TITLE)["rows"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RunError("The run in “x” began with something else."), "began with something else"),
        (KeyError("odd"), "nobody foresaw (KeyError)"),
    ],
)
def test_why_there_is_no_table_is_a_sentence(open_run, measuring, error, told):  # noqa: F811
    def work(folder, n, tell):
        raise error

    measuring(work)
    page = finish(press(open_run(reviews()), OFFER))
    assert any(told in sentence for sentence in notices(page)) and OFFER in buttons(page)


def test_a_table_that_cannot_be_read_is_a_sentence_and_can_be_made_again(open_run):  # noqa: F811
    open_run.folder.mkdir(parents=True)
    (open_run.folder / "methods.json").write_text("{")
    page = open_run(reviews())
    assert any("methods.json can't be read" in sentence for sentence in notices(page)) and OFFER in buttons(page)


def test_harmful_words_of_a_table_are_shown_as_they_are(open_run):  # noqa: F811
    open_run.folder.mkdir(parents=True)
    write_methods(open_run.folder, replace(TABLE, unusable={"5": "![x](https:example.org) <img src=y>"}))
    page = open_run(reviews())
    assert any("<img src=y>" in sentence for sentence in notices(page)) and "<img" not in captions(page)


def test_another_model_than_the_run_s_is_refused_by_the_engine_itself(open_run):  # noqa: F811
    """Nothing stands in for the engine here: the folder made by hand names a revision that the model hasn't."""
    page = finish(press(open_run(reviews()), OFFER))
    assert any("began with something else" in sentence and "the run’s folder" in sentence for sentence in notices(page))
    assert "Traceback" not in everything_said(page)


# --- files ---
def test_the_table_as_csv_and_json(tmp_path):
    from dashboard.corpus_export import methods_csv, methods_json

    write_methods(tmp_path, TABLE)
    lines = methods_csv(tmp_path).decode("utf-8-sig").splitlines()
    assert lines[0].replace('"', "") == "method,label,phi,low,high,texts,forwards,backwards,passes" and len(lines) == 4
    assert lines[1].startswith('"decoded",') and methods_json(tmp_path).decode() == TABLE.to_json()
