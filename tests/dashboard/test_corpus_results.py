"""The results of a run, on the page: of a finished one, a stopped one, and ones that have little to show."""

import json
import re
import time
from types import SimpleNamespace
from zlib import crc32

import pytest

from core.corpus.records import RowRefused
from core.corpus.store import SUMMARY, chunk_path
from core.corpus.summary import Summary
from core.labels import REGRESSION
from dashboard import corpus_figure_wording, corpus_methods_wording, corpus_runs, run_folders, run_reading
from dashboard import corpus_results_wording as said
from dashboard.corpus_table import CONFIDENT_ERRORS, ERRORS, PAGE_ROWS
from dashboard.run_folders import RunFolder
from dashboard.run_state import DONE, FAILED, STOPPED, Order, Progressed
from tests.dashboard.page import components, everything_said, notices, press
from tests.dashboard.result_folder import LAYER, make_row, reviews, write_run

RUN_ID = "A" * 22
HARMFUL = "![x](https:example.org) **b** <img src=y> $z$"


@pytest.fixture
def open_run(open_page, tmp_path, monkeypatch):
    """`open_run(rows, **about)`: the page of a visitor who opens this run's address."""
    monkeypatch.setenv(run_folders.FOLDER_VARIABLE, str(tmp_path / "runs"))

    def open_with(rows, status=DONE, sentence="", **about):
        folder = RunFolder(tmp_path / "runs" / RUN_ID)
        write_run(folder.run, rows, **about)
        order = Order("reviews.csv", "sentiment", "Film reviews", False, corpus_runs_settings(folder))
        folder.write(order, Progressed(status=status, share=1.0, sentence=sentence, created=time.time()))
        page = open_page()
        page.switch_page("views/corpus.py")
        page.query_params["run"] = RUN_ID
        page.run()
        assert not page.exception, page.exception
        return page

    open_with.folder = tmp_path / "runs" / RUN_ID / "run"
    yield open_with
    corpus_runs.runs().close()


def corpus_runs_settings(folder: RunFolder):
    from core.corpus.store import read_manifest

    return read_manifest(folder.run).plan.settings


def table(page, label: str) -> dict:
    return next(data for data in components(page, "data_table") if data["label"] == label)


def rows_shown(page) -> list[int]:
    return [row["id"] for row in table(page, said.ROWS_TITLE)["rows"]]


def box(page, label: str, kind: str = "selectbox"):
    return next(one for one in getattr(page, kind) if one.label == label)


def pick(page, value, folder):
    """Pick a row of the table as the browser does."""
    page.session_state[f"rows-{crc32(str(folder).encode()):x}"] = {"pick": value}
    return page


def look_up(page, word: str):
    """Type a word that is not among the options."""
    one = box(page, said.CONTEXTS_LABEL)
    one.options.append(word)
    one.set_value(word).run()
    assert not page.exception, page.exception


def headings(page) -> list[str]:
    return [one.value.removeprefix("## ") for one in page.main.markdown if one.value.startswith("## ")]


def captions(page) -> str:
    return " ".join(one.value for one in page.main.caption).replace("\\", "")


# --- what was found ---
def test_the_first_sentence_tells_accuracy_and_words(open_run):
    page = open_run(reviews())
    assert notices(page)[0] == (
        "Of 11 labelled rows, the model agrees with the label in 81.8 % (95 % interval 52.3 % to 94.9 %). "
        "“good” speaks most for “positive”; “bad” and “late” speak most for “negative”."
    )
    assert (
        "14 rows in the file · 13 read · 1 left out · predicted: “positive” 8, “negative” 5 · recommended: layer 2 (all rows)"
        in captions(page)
    )
    assert table(page, said.REFUSED_TITLE)["rows"][0]["cells"] == ["12", "Its text is empty."]
    wanted = [said.FOUND_TITLE, said.ROWS_TITLE, said.WORDS_TITLE, said.CONTEXTS, corpus_figure_wording.CHANGING_TITLE,
              corpus_figure_wording.MISLEADING_TITLE, corpus_figure_wording.LAYERS_TITLE, corpus_figure_wording.CONFUSION_TITLE, corpus_methods_wording.METHODS_TITLE, said.DOWNLOADS_TITLE]  # fmt: skip
    assert headings(page)[1:] == wanted


def test_refused_rows_beyond_the_list_are_counted(open_run):
    page = open_run([make_row(1, "good"), *(RowRefused(n, "No.") for n in range(2, said.MOST_REFUSED + 5))])
    assert len(table(page, said.REFUSED_TITLE)["rows"]) == said.MOST_REFUSED and "… and 3 more" in captions(page)


def test_a_run_without_a_usable_row_says_so(open_run):
    page = open_run([RowRefused(1, "Its text is empty.")])
    assert notices(page)[0] == "No row of the file could be used." and table(page, said.ROWS_TITLE)["empty"] == said.NO_ROWS
    assert said.WORDS_TITLE not in headings(page)


# --- rows ---
def test_a_row_tells_text_answer_and_words(open_run):
    data = table(open_run(reviews()), said.ROWS_TITLE)
    assert [column["name"] for column in data["columns"]] == [
        "Row",
        "Text",
        "Prediction",
        "Confidence",
        "Right?",
        "Label",
        "Top words",
        "Layer",
    ]
    assert data["rows"][0]["cells"] == [
        "1", "Good film 1.", "positive", "55.0 %", "wrong", "negative", [["Good", 1.0], ["film", -0.333], ["1", -0.333], [".", -0.333]], "2",
    ]  # fmt: skip
    assert data["rows"][0]["name"] == "show row 1: Good film 1." and data["verdicts"]["wrong"] == "wrong"
    pair = next(row for row in data["rows"] if row["id"] == 14)
    assert pair["cells"][1] == "One ⏎ second GOOD" and pair["cells"][4] == ""


def test_search_filters_and_order(open_run):
    page = open_run(reviews())
    box(page, said.KIND, "button_group").set_value(ERRORS).run()
    assert rows_shown(page) == [1, 7] and "2 of 13 rows" in captions(page)
    box(page, said.SORT).set_value("surest").run()
    assert rows_shown(page) == [7, 1]
    box(page, said.PAIR).set_value(("negative", "positive")).run()
    assert rows_shown(page) == [1]
    box(page, said.KIND, "button_group").set_value(CONFIDENT_ERRORS).run()
    assert rows_shown(page) == [] and table(page, said.ROWS_TITLE)["empty"] == said.NO_ROWS
    box(page, said.PAIR).set_value(None).run()
    box(page, said.WORD, "text_input").set_value("late").run()
    assert rows_shown(page) == [7]
    box(page, said.SEARCH, "text_input").set_value("nowhere").run()
    assert rows_shown(page) == [] and not page.exception


def test_many_rows_are_paged_and_a_search_begins_at_the_first_page(open_run):
    page = open_run([make_row(n, f"text {n} {'odd' if n % 2 else 'even'}") for n in range(1, 131)], has_labels=False)
    assert len(rows_shown(page)) == PAGE_ROWS and "1 to 50 of 130" in captions(page)
    box(page, said.SEARCH, "text_input").set_value("odd").run()
    assert rows_shown(page)[0] == 1 and "65 of 130 rows · 1 to 50 of 65" in captions(page)


def test_long_texts_are_cut_in_the_table(open_run):
    page = open_run([make_row(1, "word " * 500)])
    assert len(table(page, said.ROWS_TITLE)["rows"][0]["cells"][1]) == 300


# --- words ---
def test_words_of_the_class_and_layer_chosen(open_run):
    page = open_run(reviews())
    assert table(page, said.WORDS_TITLE)["rows"][0]["cells"][0] == "good"  # of the larger class
    box(page, said.CLASS).set_value("negative").run()
    ranked = [row["cells"] for row in table(page, said.WORDS_TITLE)["rows"]]
    assert [cells[:3] for cells in ranked][:2] == [["bad", "5", "+37.5 %"], ["late", "5", "+25.0 %"]]  # 3 and 2 of 8
    box(page, said.WORDS_LAYER, "select_slider").set_value(0).run()
    assert table(page, said.WORDS_TITLE)["rows"][0]["cells"][:3] == ["bad", "5", "+50.0 %"]  # “late” is silent there: 3 of 6
    contexts = table(page, said.CONTEXTS)["rows"]
    assert (
        len(contexts) == 5
        and contexts[0]["cells"][2:4] == ["bad", " film, late 7"]
        and "5 occurrences in rows predicted “negative”" in captions(page)
    )


def test_any_word_can_be_looked_up(open_run):
    page = open_run(reviews())
    look_up(page, "second")
    assert [row["cells"][0] for row in table(page, said.CONTEXTS)["rows"]] == ["14"]


def test_a_word_that_is_nowhere_is_a_sentence(open_run):
    page = open_run(reviews())
    look_up(page, "nowhere")
    assert said.NO_CONTEXTS in captions(page) and not page.exception


def test_rare_words_alone_are_a_sentence(open_run):
    page = open_run([make_row(1, "good film", "positive"), make_row(2, "other words", "positive")])
    assert (
        said.NO_WORDS in captions(page)
        and corpus_figure_wording.NO_ERRORS in captions(page)
        and corpus_figure_wording.NO_CHANGE in captions(page)
    )
    assert "speak" not in notices(page)[0]


# --- runs that have less to show ---
def test_without_labels_nothing_is_called_right_or_wrong(open_run):
    page = open_run([make_row(n, "good film") for n in range(1, 7)], has_labels=False)
    names = [column["name"] for column in table(page, said.ROWS_TITLE)["columns"]]
    assert said.LABEL not in names and said.VERDICT not in names and corpus_figure_wording.CONFUSION_TITLE not in headings(page)
    assert not [one for one in page.button_group if one.label == said.KIND] and corpus_figure_wording.NO_LABELS in captions(page)
    assert notices(page)[0].startswith("The model read 6 rows. “good” speaks most for “positive”.")


def test_a_regression_has_values_and_no_classes(open_run):
    rows = [make_row(n, "good film", None, "score", -1.5 + n, labels=("score",)) for n in range(1, 7)]
    page = open_run(rows, labels=("score",), problem_type=REGRESSION)
    data = table(page, said.ROWS_TITLE)
    assert [column["name"] for column in data["columns"]] == ["Row", "Text", "Value", "Top words", "Layer"] and data["rows"][0][
        "cells"
    ][2] == "−0.5"
    assert notices(page)[0] == "The model read 6 rows. The value is raised most by “good”."
    assert not [one for one in page.selectbox if one.label == said.CLASS] and said.OF_VALUE in headings(page)
    assert "predicted" not in captions(page)


def test_without_a_head_the_note_says_why_no_word_is_recovered(open_run):
    assert "Without a language-model head" in captions(open_run([make_row(1, "good film")], head=""))


@pytest.mark.parametrize("status", [STOPPED, FAILED])
def test_of_a_run_that_is_not_done_the_rows_are_shown(open_run, status):
    page = open_run(reviews(), status, "The disk is full.", is_done=False, n_rows=40)
    assert notices(page)[0].startswith("The disk is full.")
    assert notices(page)[1].startswith("This run isn’t finished: 14 of 40 rows are done")
    assert headings(page)[1:] == [said.FOUND_TITLE, said.ROWS_TITLE, said.DOWNLOADS_TITLE] and len(rows_shown(page)) == 13


def test_of_a_run_without_a_row_only_the_reason_is_shown(open_run):
    page = open_run([], FAILED, "The model could not be loaded.", is_done=False, n_rows=40)
    assert notices(page) == ["The model could not be loaded."] and headings(page)[1:] == []


def test_a_download_that_failed_is_told_under_its_buttons(open_run):
    page = open_run(reviews())
    page.session_state[f"told-corpus-files-{crc32(str(open_run.folder).encode()):x}"] = "The run was deleted."
    assert "The run was deleted." in notices(page.run())
    assert not page.exception, page.exception


def test_a_label_that_is_called_otherwise_is_told_with_its_class():
    found = run_reading.Found(
        None, "", SimpleNamespace(plan=SimpleNamespace(classes={"0": 0, "good": 1, "Bad": 0}), labels=("bad", "good")), None
    )
    assert [found.label(name) for name in ("0", "good", "Bad", "odd")] == ["0 = bad", "good", "Bad", "odd"]


@pytest.mark.parametrize(("text", "is_sure"), [("plain words", False), ("Good film", True)])
def test_a_class_without_a_sure_word_says_so(open_run, text, is_sure):
    page = open_run([make_row(n, text) for n in range(1, 7)])
    assert (said.none_for("positive", False) in notices(page)) is not is_sure


@pytest.mark.parametrize("broken", ["chunk", "summary", "all"])
def test_what_cant_be_read_is_a_sentence_without_a_path(open_run, tmp_path, broken, monkeypatch):
    page = open_run(reviews())
    if broken == "chunk":
        chunk_path(open_run.folder, 1).write_bytes(b"nothing")
        chunk_path(open_run.folder, 0).unlink()  # so that the folder isn't the one that was read
    else:
        (open_run.folder / SUMMARY).write_text("{")
    if broken == "all":
        for path in open_run.folder.rglob("*.*"):
            path.unlink(missing_ok=True)
    page.run()
    assert not page.exception and notices(page)
    assert str(tmp_path) not in everything_said(page) and "--resume" not in everything_said(page)


def test_a_summary_of_another_model_is_not_shown_beside_the_run(open_run):
    """Its layers would be looked for in rows that have others."""
    page = open_run(reviews())
    summary = json.loads((open_run.folder / SUMMARY).read_text())
    for name in ("content_share", "coherence", "log_probability", "faithfulness", "plausibility_by_layer"):
        summary[name] = None
    summary |= {"n_layers": LAYER + 1, "words": {label: layers[: LAYER + 1] for label, layers in summary["words"].items()}}
    (open_run.folder / SUMMARY).write_text(json.dumps(summary))
    assert Summary.from_json((open_run.folder / SUMMARY).read_text()).n_layers == LAYER + 1  # whole in itself
    told = notices(page.run())
    assert any(f"of a model with {LAYER + 1} layer states, and the run of one with 4" in notice for notice in told), told
    assert not page.exception and not components(page, "data_table")


def test_words_of_the_file_are_shown_and_never_interpreted(open_run):
    labels = (HARMFUL, "b")
    rows = [make_row(n, f"{HARMFUL} good", HARMFUL.casefold(), HARMFUL, labels=labels, id=HARMFUL) for n in range(1, 7)] + [
        RowRefused(7, HARMFUL)
    ]
    page = open_run(rows, labels=labels)
    for element in (*page.main.markdown, *page.main.caption):
        live = re.sub(r"\\.", "", element.value)  # without what is escaped
        assert "![" not in live and "<img" not in live and "**" not in live and "$" not in live
    assert HARMFUL in table(page, said.REFUSED_TITLE)["rows"][0]["cells"][1]
    assert table(page, said.ROWS_TITLE)["rows"][0]["cells"][1].startswith(HARMFUL)


def test_the_layer_of_most_rows_is_where_words_begin(open_run):
    page = open_run(reviews())
    assert box(page, said.WORDS_LAYER, "select_slider").value == LAYER
    assert Summary.from_json((open_run.folder / SUMMARY).read_text()).layer == LAYER


# --- the row picked ---
def test_the_row_picked_is_coloured_by_its_saved_scores_and_opened(open_run):
    page = open_run(reviews())
    assert said.PICK_ROW in captions(page) and not components(page, "token_text")
    pick(page, 7, open_run.folder).run()
    (data,) = components(page, "token_text")
    assert (
        data["title"] == "What layer 2 used for "
        and data["question"] == "negative"
        and data["subtitle"].startswith("95.0 % · labelled “positive” · row 7")
    )
    assert [(piece, data["scores"][unit]) for piece, unit in data["pieces"] if unit >= 0] == [
        ("bad", 3),
        ("film", -1),
        (",", -1),
        ("late", 2),
        ("7", -1),
    ]
    assert (data["limit"], data["low"], data["high"]) == (3, "against −3", "for +3")
    press(page, said.OPEN_IN_EXPLORE)
    assert page.session_state.text == "bad film, late 7" and not page.exception


def test_both_texts_of_a_pair_are_opened(open_run):
    page = pick(open_run(reviews()), 14, open_run.folder).run()
    (data,) = components(page, "token_text")
    assert data["names"] and ("", -3) in [tuple(piece) for piece in data["pieces"]]
    press(page, said.OPEN_IN_EXPLORE)
    assert (page.session_state.text, page.session_state.text_pair) == ("One", "second GOOD")


@pytest.mark.parametrize("sent", [12, 99, -1, "x", None, 1e99, [1], {"a": 1}, True])
def test_whatever_the_browser_says_was_picked(open_run, sent):
    page = pick(open_run(reviews()), sent, open_run.folder).run()
    assert not page.exception and len(components(page, "token_text")) == (sent is True)  # True is 1
