"""The Corpus page: from a dropped file to a run, in every state that it can be in."""

import dataclasses
import re

import pytest
import streamlit as st

from core.catalog import CATALOG
from core.errors import DataError
from dashboard import corpus_choice, corpus_runs, corpus_wording, run_folders
from dashboard.components import corpus_results
from dashboard.run_state import DONE, FAILED, RUNNING, STOPPED
from tests.dashboard.page import components, notices, press
from tests.waiting import wait_until

CSV = b'id,review,label\n1,Good fun.,positive\n2,,negative\n3,"Bad, really.",negative\n4,So so.,mixed\n'
REAL_WORK = corpus_runs._work
ROW = "The text of a row.", "And its second text."
HARMFUL = "![x](https:example.org) **b** $x$.csv"


class Made:
    """In place of the real run: waits at row 2 of 4 until it may go on, writes nothing."""

    def __init__(self):
        self.may_end, self.orders, self.error = False, [], None

    def __call__(self, run_id, folder, source, order, tell):
        self.orders.append((order, source.open().read()))
        while not self.may_end:
            tell("Row 2 of 4", 0.5)
        if self.error:
            raise self.error


@pytest.fixture
def work(monkeypatch):
    made = Made()
    monkeypatch.setattr(corpus_runs, "_work", made)
    return made


@pytest.fixture
def open_corpus(open_page, tmp_path, monkeypatch, work):
    """`open_corpus(**query)`: the page of a new visitor."""
    monkeypatch.setenv(run_folders.FOLDER_VARIABLE, str(tmp_path / "runs"))

    def open_with(**query):
        page = open_page(**query)
        page.switch_page("views/corpus.py").run()
        assert not page.exception, page.exception
        return page

    yield open_with
    work.may_end = True
    corpus_runs.runs().close()


def drop(page, *files: tuple[str, bytes]):
    page.file_uploader[0].set_value([(name, content, "") for name, content in files]).run()
    assert not page.exception, page.exception
    return page


def box(page, label: str):
    return next(one for one in page.selectbox if one.label == label)


def buttons(page) -> list[str]:
    return [button.label for button in page.main.button]


def headings(page) -> list[str]:
    return [one.value for one in page.main.markdown if one.value.startswith("#")]


def captions(page) -> str:
    return " ".join(one.value for one in page.main.caption)


def start(page):
    return press(
        page, next(label for label in buttons(page) if label.startswith("Analyse ") and label != corpus_wording.OTHER_FILE)
    )


def run_of(page) -> str:
    return page.session_state.corpus_run


def wait_for(run_id: str, status: str) -> None:
    wait_until(lambda: corpus_runs.runs().state(run_id).status == status)


def test_the_empty_page_says_what_can_be_dropped_and_how_much(open_corpus):
    page = open_corpus()
    assert "At most 20 MB" in captions(page) and "200,000 rows" in captions(page) and "Parquet" in captions(page)
    assert buttons(page) == ["Try it with 20 example sentences", "Use this"]
    assert components(page, "preview_table")[0]["columns"][0]["name"] == "text"


def test_example_sentences_are_analysed_with_two_clicks(open_corpus, work):
    page = press(open_corpus(), corpus_wording.examples_button(20))
    assert "Analyse 20 rows" in buttons(page)
    start(page)
    wait_for(run_of(page), RUNNING)
    wait_until(lambda: work.orders)
    order, content = work.orders[0]
    assert order.model == "sentiment" and content.startswith(b"text\r\n") and order.settings.columns.text == "text"


def test_a_dropped_file_is_previewed_with_a_guess(open_corpus):
    page = drop(open_corpus(), ("reviews.csv", CSV))
    (table,) = components(page, "preview_table")
    assert [(column["name"], column["role"]) for column in table["columns"]] == [
        ("id", "Id"),
        ("review", "Text"),
        ("label", "Label"),
    ]
    assert table["rows"][0] == {"number": 1, "cells": ["1", "Good fun.", "positive"]}
    assert "4 rows, 1 of which can’t be used" in captions(page).replace("\\", "")
    assert "Row 2: Its text is empty." in page.main.text[0].value
    assert [box(page, label).value for label in ("Text", "Label", "Id")] == ["review", "label", "id"]
    assert "“negative” (1)" in captions(page).replace("\\", "")


def test_what_was_picked_is_what_is_run(open_corpus, work):
    page = drop(open_corpus(), ("reviews.csv", CSV))
    box(page, "Id").set_value("").run()
    box(page, "Label").set_value("id").run()
    page.checkbox(key="corpus-faithfulness").uncheck().run()
    start(page)
    wait_until(lambda: work.orders)
    order, content = work.orders[0]
    assert content == CSV and order.file == "reviews.csv"
    assert order.settings.columns.as_dict() == {"text": "review", "text_pair": None, "label": "id", "id": None, "rationale": None}
    assert order.settings.faithfulness_sample == 0


def test_one_column_for_two_things_is_a_sentence_and_no_run(open_corpus):
    page = drop(open_corpus(), ("reviews.csv", CSV))
    box(page, "Label").set_value("review").run()
    assert any("“review” is chosen for two things" in sentence for sentence in notices(page))
    assert not [label for label in buttons(page) if label.startswith("Analyse ")]


def test_the_way_a_file_is_read_can_be_changed(open_corpus):
    page = drop(open_corpus(), ("reviews.csv", b"a;b\nGood, fun;1\nBad, so bad;0\n"))
    assert box(page, "Separator").value == ";"
    box(page, "Separator").set_value(",").run()
    assert [column["name"] for column in components(page, "preview_table")[0]["columns"]] == ["a;b"]
    box(page, "Kind").set_value("txt").run()
    assert components(page, "preview_table")[0]["rows"][0]["cells"] == ["a;b"]


def test_an_encoding_is_asked_for_before_anything_is_read(open_corpus):
    page = drop(open_corpus(), ("avis.csv", "texte,note\nTrès bon,1\nNaïf,0\n".encode("latin-1")))
    assert not components(page, "preview_table") and not [label for label in buttons(page) if label.startswith("Analyse ")]
    radio = next(one for one in page.radio if one.label == corpus_wording.ENCODING_ASKED)
    assert radio.value is None and "cp1252" in radio.options[0].replace("\\", "")
    radio.set_value("cp1252").run()
    assert components(page, "preview_table")[0]["rows"][0]["cells"] == ["Très bon", "1"]


def test_files_that_cannot_be_read_are_named_and_the_others_stay(open_corpus):
    page = drop(open_corpus(), ("a.pdf", b"%PDF-1.4"), ("good.csv", CSV), (HARMFUL, b""))
    assert any("“a.pdf” is a PDF" in sentence for sentence in notices(page))
    assert any(HARMFUL in sentence and "is empty" in sentence for sentence in notices(page))
    assert [file.name for file in page.session_state.corpus_files] == ["good.csv"]


def test_of_several_files_each_is_a_run_of_its_own(open_corpus, work):
    page = drop(open_corpus(), ("one.csv", CSV), ("two.txt", b"A line.\nAnother line.\n"))
    radio = next(one for one in page.radio if one.label == corpus_wording.WHICH_FILE)
    assert len(radio.options) == 2
    radio.set_value(page.session_state.corpus_files[0].fingerprint).run()
    assert components(page, "preview_table")[0]["columns"][1]["name"] == "review"
    start(page)
    press(page, corpus_wording.OTHER_FILE)
    assert components(page, "preview_table")[0]["rows"][0]["cells"] == ["A line."]  # the other one waits


def test_names_and_cells_are_never_markdown(open_corpus):
    page = drop(open_corpus(), (HARMFUL, b"text,label\n![x](https://example.org/y),**b**\nfine,**b**\n"))
    said = " ".join(one.value for one in (*page.main.markdown, *page.main.caption))
    assert "https" in said and not re.search(r"(?<!\\)(!\[|\*\*b|\$x)", said)
    page = start(page)
    said = " ".join(one.value for one in (*page.main.markdown, *page.main.caption))
    assert "https" in said and not re.search(r"(?<!\\)(!\[|\*\*b|\$x)", said)


def test_pasted_rows(open_corpus):
    page = open_corpus()
    page.text_area[0].set_value("").run()
    press(page, corpus_wording.TAKE_PASTE)
    assert any("Nothing was pasted" in sentence for sentence in notices(page))
    page.text_area[0].set_value("text\tlabel\nA film.\tpositive\nNo film.\tnegative\n").run()
    press(page, corpus_wording.TAKE_PASTE)
    assert components(page, "preview_table")[0]["rows"][1]["cells"] == ["No film.", "negative"]


def test_a_run_is_watched_stopped_and_goes_on(open_corpus, work):
    page = start(drop(open_corpus(), ("reviews.csv", CSV)))
    run_id = run_of(page)
    assert headings(page)[1] in ("## Reading “reviews\\.csv”", "## Waiting to read “reviews\\.csv”")
    wait_until(lambda: corpus_runs.runs().state(run_id).share == 0.5)
    assert corpus_wording.STOP in buttons(page) and "Kept until" in captions(page)
    press(page, corpus_wording.STOP)
    wait_for(run_id, STOPPED)
    page.run()
    assert headings(page)[1] == "## Stopped in “reviews\\.csv”"
    assert any(sentence.startswith(corpus_wording.STOPPED_BY_PERSON) for sentence in notices(page))
    press(page, corpus_wording.GO_ON)
    wait_until(lambda: len(work.orders) == 2)
    work.error = DataError("The file is odd. Do this.")
    work.may_end = True
    wait_for(run_id, FAILED)
    page.run()
    assert "The file is odd. Do this." in notices(page) and corpus_wording.GO_ON in buttons(page)


def test_a_run_outlives_the_page_and_its_address_opens_it(open_corpus):
    page = start(drop(open_corpus(), ("reviews.csv", CSV)))
    run_id = run_of(page)
    assert page.query_params["run"] in (run_id, [run_id])
    wait_for(run_id, RUNNING)
    page.switch_page("views/explore.py").run()
    page.switch_page("views/corpus.py").run()
    assert headings(page)[1] == "## Reading “reviews\\.csv”"


@pytest.mark.parametrize("asked", ["../../etc/passwd", "x" * 22, "<script>", "🙂"])
def test_an_address_that_names_no_run(open_corpus, asked):
    page = open_corpus()
    page.query_params["run"] = asked
    page.run()
    assert any(sentence.startswith("There is no such run here") for sentence in notices(page))
    press(page, corpus_wording.OTHER_FILE)
    assert "Use this" in buttons(page)


def test_a_deleted_run_is_gone(open_corpus, tmp_path):
    page = start(drop(open_corpus(), ("reviews.csv", CSV)))
    wait_for(run_of(page), RUNNING)
    press(page, corpus_wording.DELETE_NOW)
    wait_until(lambda: not list((tmp_path / "runs").iterdir()))
    assert "Use this" in buttons(page.run()) and f"## {corpus_wording.RUNS_TITLE}" not in headings(page)


def test_runs_of_the_session_are_listed(open_corpus):
    page = start(drop(open_corpus(), ("reviews.csv", CSV)))
    run_id = run_of(page)
    press(page, corpus_wording.OTHER_FILE)
    assert f"## {corpus_wording.RUNS_TITLE}" in headings(page) and corpus_wording.SHOW in buttons(page)
    press(page, corpus_wording.SHOW)
    assert run_of(page) == run_id


def test_where_no_run_can_be_begun_the_file_stays(open_corpus, tmp_path):
    page = drop(open_corpus(), ("reviews.csv", CSV))
    (tmp_path / "runs").write_text("a file, no folder")
    start(page)
    assert any("The run's folder can't be written" in sentence for sentence in notices(page))
    assert [file.name for file in page.session_state.corpus_files] == ["reviews.csv"]


def test_labels_that_are_no_classes_are_told(open_corpus):
    page = open_corpus()
    page.switch_page("views/explore.py").run()  # where the model is loaded, so that its classes are known
    page.switch_page("views/corpus.py").run()
    drop(page, ("reviews.csv", CSV))
    assert any("“mixed”" in sentence and "no class of this model" in sentence for sentence in notices(page))


def test_a_model_that_reads_pairs_needs_a_second_text(open_corpus, monkeypatch):
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], pair=True))
    page = drop(open_corpus(), ("reviews.csv", CSV))
    assert corpus_wording.PAIR_MISSING in notices(page)
    assert next(button for button in page.main.button if button.label.startswith("Analyse ")).disabled


@pytest.mark.parametrize("as_callback", [True, False])
def test_a_row_is_opened_in_explore_with_the_model_of_its_run(open_corpus, family_of, monkeypatch, work, as_callback):
    def results(state):
        ask = {"on_click": corpus_choice.open_in_explore, "args": (state, *ROW)} if as_callback else {}
        if st.button("Open row", **ask) and not as_callback:
            corpus_choice.open_in_explore(state, *ROW)

    monkeypatch.setattr(corpus_results, "show", results)
    monkeypatch.setitem(CATALOG, "news", dataclasses.replace(CATALOG["news"], path=family_of("roberta").path))
    page = start(drop(open_corpus(), ("reviews.csv", CSV)))
    work.may_end = True
    wait_for(run_of(page), DONE)
    page.switch_page("views/explore.py").run()
    page.selectbox(key="model").set_value("news").run()
    page.switch_page("views/corpus.py").run()
    press(page, "Open row")
    page.switch_page("views/explore.py").run()
    assert not page.exception and page.selectbox(key="model").value == "sentiment"
    assert [area.value for area in page.text_area] == list(ROW)


def test_the_real_run_on_a_tiny_model(open_corpus, monkeypatch):
    monkeypatch.setattr(corpus_runs, "_work", REAL_WORK)
    page = drop(open_corpus(), ("reviews.csv", CSV))
    page.checkbox(key="corpus-faithfulness").uncheck().run()
    run_id = run_of(start(page))
    wait_until(lambda: not corpus_runs.runs().state(run_id).is_under_way, 60)
    state = corpus_runs.runs().state(run_id)
    assert (state.status, state.sentence, state.n_rows) == (DONE, "", 4)
    page.run()
    assert headings(page)[1] == "## Read “reviews\\.csv”" and not page.exception
