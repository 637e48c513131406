"""Labelled files: what is read of them, what can't be used and why."""

import gzip
import json

import numpy as np
import pytest

from core import labelled
from core.errors import DataError
from core.labelled import match_labels, read_labelled
from core.records import Query


def write(path, text):
    """The path, with the text in it; gzipped where its name says so."""
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def pairs(found):
    return [(text.row, text.text, text.label) for text in found.texts]


GOOD = [(1, 'a "quoted" film, really', "1"), (2, "dull", "0")]


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.csv", 'text,label\n"a ""quoted"" film, really",1\ndull,0\n'),
        ("a.tsv", 'label\ttext\n1\ta "quoted" film, really\n0\tdull\n'),
        ("a.tsv.gz", '\ufefftext\tlabel\r\na "quoted" film, really\t1\r\ndull\t0\r\n'),
        ("a.jsonl", '{"text": "a \\"quoted\\" film, really", "label": 1}\n\n{"tokens": ["dull"], "label": "0"}'),
    ],
)
def test_every_kind_of_file_gives_the_same_texts(tmp_path, name, content):
    found = pairs(read_labelled(write(tmp_path / name, content)))
    assert [row[1:] for row in found] == [row[1:] for row in GOOD]


def test_a_table_without_header_is_read_by_numbers_and_columns_are_joined(tmp_path):
    path = write(tmp_path / "news.csv", '"3","Title","A text, with comma"\n"4","","Only text"\n')
    assert pairs(read_labelled(path, "2,3", "1")) == [(1, "Title A text, with comma", "3"), (2, "Only text", "4")]


PAIRS = [("A man sleeps.", "Somebody is awake."), ("It rains, again", "It is wet")]


@pytest.mark.parametrize(
    "name, content, columns",
    [
        ("a.csv", 'label,one,two\nno,A man sleeps.,Somebody is awake.\nyes,"It rains, again",It is wet\n', ("one", "label", " two ")),
        ("a.tsv.gz", "no\tA man sleeps.\tSomebody is awake.\nyes\tIt rains, again\tIt is wet\n", ("2", "1", "3")),
        ("a.jsonl", "\n".join(json.dumps({"one": one, "two": two, "label": "x"}) for one, two in PAIRS), ("one", "label", "two")),
    ],
)
def test_a_second_text_is_read_from_its_column(tmp_path, name, content, columns):
    path = write(tmp_path / name, content)
    found = read_labelled(path, *columns)
    assert [(text.text, text.pair) for text in found.texts] == PAIRS
    alone = read_labelled(path, *columns[:2])
    assert {text.pair for text in alone.texts} == {None} and alone.fingerprint != found.fingerprint


def test_rows_without_a_second_text_are_told_and_a_column_that_is_not_there_is_named(tmp_path):
    rows = [{"text": "x", "two": "y", "label": "a"}, {"text": "x", "label": "a"}, {"text": "x", "two": " ", "label": "a"}]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    found = read_labelled(path, pair_column="two")
    assert [text.row for text in found.texts] == [1]
    assert "“two”" in found.unusable[2] and "second text is empty" in found.unusable[3]
    with pytest.raises(DataError, match="“two”.*--pair-column"):
        read_labelled(write(tmp_path / "a.csv", "text,label\nx,a\n"), pair_column="two")


def test_marks_of_a_pair_go_on_in_the_second_text(tmp_path):
    rows = [
        {"text": "so  very dull", "two": "not a joy", "label": "a", "rationale": [0, 1, 1, 0, 0, 1]},
        {"tokens": ["so", "very", "dull"], "two": "not a joy", "label": "a", "evidences": [[1, 3], [5, 6]]},
    ]
    for text in read_labelled(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows))), pair_column="two").texts:
        joined = Query("", text.text, text_pair=text.pair).joined
        places = [joined[start:end] for start, end in text.marks.spans]
        assert places == ["so", "very", "dull", "not", "a", "joy"]
        assert text.marks.scores["a"].tolist() == [0, 1, 1, 0, 0, 1]


def test_unusable_rows_are_told_by_number_and_the_rest_goes_on(tmp_path):
    rows = [
        '{"text": "good", "label": "a"}', "{torn", "[1]", '{"text": "no label"}', '{"label": "a"}', '{"text": "  ", "label": "a"}',
        '{"text": "one two", "label": "a", "rationale": [1]}', '{"tokens": ["x", 3], "label": "a"}',
        '{"text": "x", "label": "a", "word_scores": ["y"]}', '{"text": "x y", "label": "a", "evidences": [[1, 5]]}', '{"text": "last", "label": true}',
        '{"text": "good too", "label": "b"}', '{"text": "x", "label": "a", "rationale": [1' + "0" * 400 + "]}",
    ]  # fmt: skip
    found = read_labelled(write(tmp_path / "a.jsonl", "\n".join(rows)))
    assert [text.row for text in found.texts] == [1, 12] and list(found.unusable) == [*range(2, 12), 13]
    words = ["no JSON", "no JSON object", "label", "text", "empty", "2 numbers", "tokens", "no number", "evidences", "label", "no number"]
    for reason, word in zip(found.unusable.values(), words):
        assert word in reason and reason.endswith(".")
    table = read_labelled(write(tmp_path / "a.tsv", "text\tlabel\nfine\t1\nbroken\nfine too\t1\n"))
    assert [text.row for text in table.texts] == [1, 3] and "1 cells" in table.unusable[2]


def test_marks_stand_where_their_words_stand(tmp_path):
    rows = [
        {"tokens": ["so", "very", "dull"], "label": "neg", "rationale": [0, 1, 1]},
        {"text": "so  very dull", "label": "neg", "word_scores": {"neg": [0, 0.5, 2], "pos": [0, -0.5, -2]}},
        {"text": "so very\ndull film", "label": "neg", "evidences": [{"start_token": 1, "end_token": 3, "text": "very dull"}]},
        {"text": "so very dull film", "label": "neg", "evidences": [[{"start_token": 1, "end_token": 2}, {"start_token": 2, "end_token": 3}]]},
        {"text": "so very dull film", "label": "neg", "evidences": [[0, 1], [2, 4]]},
    ]
    found = read_labelled(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))).texts
    for text in found:
        places = [text.text[start:end] for start, end in text.marks.spans]
        assert places[:3] == ["so", "very", "dull"]
    assert found[0].marks.scores["neg"].tolist() == [0, 1, 1]
    assert found[1].marks.scores["pos"].tolist() == [0, -0.5, -2]
    assert found[2].marks.scores["neg"].tolist() == found[3].marks.scores["neg"].tolist() == [0, 1, 1, 0]
    assert found[4].marks.scores["neg"].tolist() == [1, 0, 1, 1]


def test_a_draw_depends_on_the_seed_alone_and_grows_at_its_end(tmp_path):
    found = read_labelled(write(tmp_path / "a.tsv", "text\tlabel\n" + "".join(f"text {i}\t0\n" for i in range(30))))
    small, large, other = ([text.row for text in found.draw(n, seed)] for n, seed in ((5, 1), (30, 1), (5, 2)))
    assert large[:5] == small and other != small and sorted(large) == list(range(1, 31))


def test_the_fingerprint_is_of_content_and_columns(tmp_path):
    one = write(tmp_path / "a.tsv", "text\ttitle\tlabel\nx\ty\t0\n")
    same = write(tmp_path / "b.tsv.gz", "text\ttitle\tlabel\nx\ty\t0\n")
    other = write(tmp_path / "c.tsv", "text\ttitle\tlabel\nx\ty\t1\n")
    prints = [read_labelled(one).fingerprint, read_labelled(same).fingerprint, read_labelled(other).fingerprint, read_labelled(one, "title").fingerprint]
    assert prints[0] == prints[1] and len(set(prints)) == 3


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("a.txt", "x", ".jsonl"),
        ("a.tsv", "", "column"),
        ("a.tsv", "sentence\tlabel\nx\t0\n", "“sentence”"),
        ("a.tsv", "text\tlabel\n", "no row"),
        ("a.jsonl", "{broken", "Row 1: It is no JSON"),
        ("a.csv", 'text,label\n"' + "x" * 10_000_100, "line"),
    ],
)
def test_files_that_can_t_be_read_end_in_a_sentence(tmp_path, name, content, said):
    with pytest.raises(DataError, match="[.]$") as caught:
        read_labelled(write(tmp_path / name, content))
    assert said in str(caught.value)


def test_bytes_that_are_no_text_and_paths_that_are_no_file_end_in_a_sentence(tmp_path):
    (tmp_path / "a.tsv").write_bytes(b"text\tlabel\n\xff\t0\n")
    (tmp_path / "b.tsv.gz").write_bytes(gzip.compress(b"text\tlabel\n" * 99)[:-9])
    (tmp_path / "c.tsv.gz").write_bytes(b"text\tlabel\n")
    for path, said in (("a.tsv", "UTF-8"), ("b.tsv.gz", "gzip"), ("c.tsv.gz", "gzip"), ("missing.tsv", "missing.tsv"), (".", "no known kind")):
        with pytest.raises(DataError, match=said):
            read_labelled(tmp_path / path)


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
def test_a_file_too_large_is_refused_and_unpacked_no_further(tmp_path, name, monkeypatch):
    monkeypatch.setattr(labelled, "LARGEST_FILE", 1)
    text = "text\tlabel\n" + "dull\t0\n" * 142_855  # one megabyte but for four bytes
    assert len(text) <= 1_000_000 and len(read_labelled(write(tmp_path / name, text)).texts) == 142_855
    path = write(tmp_path / name, text + "dull\t0\n" * 1_000_000)
    if name.endswith(".gz"):
        path.write_bytes(path.read_bytes()[:-9])  # torn at its end: whoever unpacks it whole finds that out
    with pytest.raises(DataError, match="“a.tsv.*” holds more than 1 MB.*Split it, or drop columns[.]"):
        read_labelled(path)


def test_labels_are_names_or_numbers():
    names = ("World", "Sports", "Business")
    assert match_labels(["sports", "WORLD"], names) == {"sports": 1, "WORLD": 0}
    assert match_labels(["1", "2", "3"], names) == {"1": 0, "2": 1, "3": 2}
    assert match_labels(["0", "2"], names) == match_labels(["0", "2", "4", "odd"], names) == {"0": 0, "2": 2}
    assert match_labels(["9" * 5000, "1"], names) == {"1": 1}  # more digits than Python reads
    assert match_labels(["1", "0"], ("1", "0")) == {"1": 0, "0": 1}  # names that are numbers
    assert np.all([index in range(3) for index in match_labels(["1", "2"], names).values()])
