"""The rows of a run: loaded, searched, filtered, sorted, paged, read in full, and as files."""

import csv
import io

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.corpus.chunk_table import COLUMNS, from_table
from core.corpus.records import RowRefused
from core.corpus.store import RunError, chunk_path, read_chunks
from dashboard import corpus_export, corpus_table
from dashboard.corpus_table import CONFIDENT_ERRORS, ERRORS, PAGE_ROWS, SORTS, Asked
from tests.dashboard.result_folder import LABELS, LAYER, make_row, reviews, write_run


@pytest.fixture
def folder(tmp_path):
    return write_run(tmp_path / "run", reviews())


@pytest.fixture
def rows(folder):
    return corpus_table.load_rows(folder)


def loaded(tmp_path, *made):
    folder = write_run(tmp_path / "run", list(made))
    return folder, corpus_table.load_rows(folder)


def numbers(rows, **asked) -> list[int]:
    """Numbers of the rows found, in order."""
    return rows.used["number"].to_numpy()[corpus_table.find(rows, Asked(**asked))].tolist()


# --- loading ---
def test_every_row_is_there_in_the_order_of_the_file_and_refused_ones_apart(rows):
    assert rows.used["number"].to_pylist() == [*range(1, 12), 13, 14]
    assert rows.refused.to_pylist() == [{"number": 12, "refused": "Its text is empty."}]


def test_the_scores_are_not_loaded(rows):
    assert set(rows.used.column_names) == {*corpus_table.LIGHT, "chunk", "place"} - {"refused"}
    assert not {"scores", "tokens", "outputs", "word_spans"} & set(rows.used.column_names)


def test_a_run_with_nothing_on_disk_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match="Nothing of this run"):
        corpus_table.load_rows(write_run(tmp_path / "run", [], is_done=False))


def test_a_broken_chunk_is_a_sentence(folder):
    chunk_path(folder, 1).write_bytes(b"PAR1 and then nothing")
    with pytest.raises(RunError, match="000001.parquet.*can't be read"):
        corpus_table.load_rows(folder)


def test_only_refused_rows(tmp_path):
    _, rows = loaded(tmp_path, RowRefused(1, "No."), RowRefused(2, "No."))
    assert len(rows.used) == 0 and len(rows.refused) == 2
    assert [len(corpus_table.find(rows, Asked(sort=sort))) for sort in SORTS] == [0] * len(SORTS)
    assert corpus_table.page(rows, corpus_table.find(rows, Asked()), 1) == [] and corpus_table.pairs(rows) == []


# --- search and filters ---
def test_search_is_blind_to_case_and_reads_both_texts_and_the_id(rows):
    assert numbers(rows, search="GOOD fi") == [1, 2, 3, 4, 5, 6]
    assert numbers(rows, search="second good") == [14]
    assert numbers(rows, search="ID-13") == [13]
    assert numbers(rows, search="  ") == numbers(rows)
    assert numbers(rows, search="nowhere") == []


@pytest.mark.parametrize(
    "hostile", ["(", "[a", "a|b", "\\", "\\Q", ".*", "\x00", "*", "$", "a b", "^", "{2}", "ß", "\N{MUSICAL SYMBOL G CLEF}"]
)
def test_signs_of_patterns_are_signs(tmp_path, hostile):
    _, rows = loaded(tmp_path, make_row(1, "plain words"), make_row(2, f"here {hostile} there"))
    assert numbers(rows, search=f"e {hostile} t") == [2]
    assert numbers(rows, word=hostile) == [2]


def test_a_word_is_a_whole_word_in_any_script(tmp_path):
    texts = ["an art film", "artful", "Art!", "l'art", "part", "artéfact", "art", "кинофильм", "Фильм."]
    _, rows = loaded(tmp_path, *(make_row(n, text) for n, text in enumerate(texts, 1)))
    assert numbers(rows, word="art") == [1, 3, 4, 7]
    assert numbers(rows, word="фильм") == [9]
    assert numbers(rows, word="!") == [3]  # punctuation stands against letters


def test_errors_and_confident_errors(rows):
    assert numbers(rows, kind=ERRORS) == [1, 7]
    assert numbers(rows, kind=CONFIDENT_ERRORS) == [7]
    assert numbers(rows, pair=("negative", "positive")) == [1]


def test_an_error_at_the_threshold_counts_as_confident(tmp_path):
    made = [make_row(n, "good", "negative", confidence=confidence) for n, confidence in enumerate((0.9, 0.8999), 1)]
    assert numbers(loaded(tmp_path, *made)[1], kind=CONFIDENT_ERRORS) == [1]


def test_filters_go_together(rows):
    assert numbers(rows, kind=ERRORS, word="film", search="good", pair=("negative", "positive"), sort="surest") == [1]
    assert numbers(rows, kind=ERRORS, word="one") == []


def test_pairs_of_errors_most_rows_first(tmp_path):
    made = [make_row(n, "x", "negative" if n < 3 else "positive", "positive" if n < 3 else "negative") for n in range(1, 4)]
    assert corpus_table.pairs(loaded(tmp_path, *made)[1]) == [("negative", "positive", 2), ("positive", "negative", 1)]


# --- order and pages ---
def test_order_by_confidence_both_ways_ties_as_in_the_file(rows):
    surest = numbers(rows, sort="surest")
    assert surest[:2] == [7, 5 + 1] and surest[-1] == 1
    assert [number for number in surest if number in (8, 9, 10, 11)] == [8, 9, 10, 11]
    assert numbers(rows, sort="least sure")[0] == 1


def test_order_by_label_puts_rows_without_one_last(rows):
    assert numbers(rows, sort="label")[-1] == 13 and numbers(rows, sort="prediction")[0] == 7


def test_pages_hold_every_row_once(tmp_path):
    _, rows = loaded(tmp_path, *(make_row(n, f"text {n}") for n in range(1, 2 * PAGE_ROWS + 4)))
    found = corpus_table.find(rows, Asked(sort="least sure"))
    pages = [corpus_table.page(rows, found, number) for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [PAGE_ROWS, PAGE_ROWS, 3, 0]
    assert sorted(row["number"] for page in pages for row in page) == list(range(1, 2 * PAGE_ROWS + 4))


# --- one row, one word ---
def test_a_row_is_read_as_it_was_written(folder, rows):
    for wanted in (1, 7, 14):
        row, made = corpus_table.read_row(folder, rows, wanted), next(row for row in reviews() if row.number == wanted)
        assert (row.text, row.text_pair, row.label, row.words, row.top_words) == (
            made.text,
            made.text_pair,
            made.label,
            made.words,
            made.top_words,
        )
        np.testing.assert_array_equal(row.scores, made.scores)
    assert corpus_table.read_row(folder, rows, 12) is None and corpus_table.read_row(folder, rows, 99) is None


def test_a_word_in_its_contexts(folder, rows):
    found = corpus_table.concordance(folder, rows, "BAD", "negative", LAYER)
    assert [one.number for one in found] == [7, 8, 9, 10, 11]
    first = found[0]
    assert (first.before, first.word, first.after, first.predicted, first.correct) == (
        "",
        "bad",
        " film, late 7",
        "negative",
        False,
    )
    assert first.share == pytest.approx(3 / 8)  # bad 3, film −1, comma −1, late 2, 7 −1
    assert corpus_table.concordance(folder, rows, "bad", "positive", LAYER) == []
    assert [one.number for one in corpus_table.concordance(folder, rows, "good", "positive", LAYER)] == [1, 2, 3, 4, 5, 6, 13, 14]


def test_a_part_of_a_word_is_no_occurrence_and_each_occurrence_counts(tmp_path):
    folder, rows = loaded(tmp_path, make_row(1, "goodness"), make_row(2, "good, good"), make_row(3, "Good"))
    assert [one.number for one in corpus_table.concordance(folder, rows, "good", "positive", 0)] == [2, 2, 3]
    assert len(corpus_table.concordance(folder, rows, "good", "positive", 0, most=2)) == 2


def test_contexts_know_words_as_the_sums_do(tmp_path):
    folder, rows = loaded(tmp_path, make_row(1, "STRASSE"), make_row(2, "Straße"))
    assert [one.number for one in corpus_table.concordance(folder, rows, "straße", "positive", 0)] == [1, 2]


def test_contexts_read_no_chunk_without_the_word(folder, rows):
    chunk_path(folder, 0).unlink()  # rows 1 to 3
    assert len(corpus_table.concordance(folder, rows, "late", "negative", LAYER)) == 5
    with pytest.raises(RunError):
        corpus_table.concordance(folder, rows, "good", "positive", LAYER)


def test_a_long_text_is_cut_around_the_word(tmp_path):
    folder, rows = loaded(tmp_path, make_row(1, "x " * 500 + "good\n" + "y " * 500))
    (one,) = corpus_table.concordance(folder, rows, "good", "positive", 0)
    assert len(one.before) == corpus_table.AROUND and "\n" not in one.after and one.after.startswith(" y")


# --- files ---
def as_csv(content: bytes) -> list[dict]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_csv_holds_every_row_with_its_outputs(folder):
    table = as_csv(corpus_export.rows_csv(folder, LABELS))
    assert [int(row["number"]) for row in table] == [row.number for row in reviews()]
    assert table[3]["refused"] == "Its text is empty." and table[3]["text"] == table[3]["output: positive"] == ""
    assert table[0]["text"] == "Good film 1." and float(table[0]["output: positive"]) == pytest.approx(0.55)
    assert (
        float(table[7]["output: negative"]) == pytest.approx(0.95)
        and table[7]["correct"] == "false"
        and table[0]["top_words"].startswith("Good")
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path, start):
    folder, _ = loaded(tmp_path, make_row(1, f"{start}cmd|' /C calc'!A0", label=f"{start}label", rationale=f"{start}1"))
    (row,) = as_csv(corpus_export.rows_csv(folder, LABELS))
    assert row["text"] == f"'{start}cmd|' /C calc'!A0" and row["label"] == f"'{start}label" and row["rationale"] == f"'{start}1"
    table = pq.read_table(io.BytesIO(corpus_export.rows_parquet(folder)))
    assert table["text"][0].as_py() == f"{start}cmd|' /C calc'!A0"  # Parquet runs nothing


def test_classes_at_the_head_of_columns_are_guarded_too(tmp_path):
    labels = ("=cmd()", "b")
    folder = write_run(tmp_path / "run", [make_row(1, "x", predicted="b", labels=labels)], labels=labels)
    assert {"output: =cmd()", "output: b"} <= as_csv(corpus_export.rows_csv(folder, labels))[0].keys()


def test_control_characters_quotes_and_lines_survive_the_csv(tmp_path):
    folder, _ = loaded(tmp_path, make_row(1, 'a "b"\r\nc\x00d\x1b, e'))
    assert as_csv(corpus_export.rows_csv(folder))[0]["text"] == 'a "b"\r\nc␀d␛, e'


def test_all_scores_come_back_as_the_rows_they_were(folder):
    table = pq.read_table(io.BytesIO(corpus_export.scores_parquet(folder)))
    assert set(table.column_names) == {"number", "refused", *COLUMNS}
    back, made = from_table(table), list(read_chunks(folder))
    assert [type(row) for row in back] == [type(row) for row in made]
    for one, other in zip(back, made):
        if not isinstance(one, RowRefused):
            np.testing.assert_array_equal(one.scores, other.scores)


def test_many_chunks_make_one_file(tmp_path):
    folder, _ = loaded(tmp_path, *(make_row(n, "good") for n in range(1, 131)))  # more chunks than are joined at once
    assert [int(row["number"]) for row in as_csv(corpus_export.rows_csv(folder, LABELS))] == list(range(1, 131))


def test_words_and_summary_as_files(folder):
    words = as_csv(corpus_export.words_csv(folder))
    good = [
        row
        for row in words
        if row["word"] == "good" and row["predicted"] == "positive" and row["outcome"] == "all" and int(row["layer"]) == LAYER
    ]
    assert len(good) == 1 and int(good[0]["texts"]) == 8
    assert corpus_export.words_parquet(folder)[:4] == b"PAR1" and b'"n_used": 13' in corpus_export.summary_json(folder)


def test_the_report_is_one_page(folder):
    page = corpus_export.report_html(folder)
    assert page.startswith("<!doctype html>") and "<script" not in page and "good" in page


def test_files_of_a_run_that_is_not_done_are_sentences(tmp_path):
    folder = write_run(tmp_path / "run", reviews(), is_done=False)
    assert len(as_csv(corpus_export.rows_csv(folder, LABELS))) == 14
    for make in (corpus_export.words_csv, corpus_export.words_parquet, corpus_export.summary_json, corpus_export.report_html):
        with pytest.raises(RunError):
            make(folder)
