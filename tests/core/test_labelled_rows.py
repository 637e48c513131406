"""Labelled texts from files of more kinds than rows of text."""

import json

import pytest

from core.errors import DataError
from core.labelled import read_labelled
from tests.core.tables.hostile import of_columns, workbook, zipped

CSV = 'text,label,rationale\nso very dull,neg,"[0, 1, 1]"\ngood,pos,\n'


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.csv", CSV.encode("utf-16")),
        ("a.csv", CSV.replace('"[0, 1, 1]"', "§").replace(",", ";").replace("§", "[0, 1, 1]").encode()),
        (
            "a.json",
            json.dumps(
                [{"text": "so very dull", "label": "neg", "rationale": [0, 1, 1]}, {"text": "good", "label": "pos"}]
            ).encode(),
        ),
        ("a.parquet", of_columns({"text": ["so very dull", "good"], "label": ["neg", "pos"], "rationale": [[0, 1, 1], None]})),
        ("a.xlsx", workbook([["text", "label", "rationale"], ["so very dull", "neg", "[0, 1, 1]"], ["good", "pos"]])),
        ("a.zip", zipped(b__csv=CSV.encode())),
    ],
)
def test_every_kind_of_file_gives_the_same_texts_and_marks(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    found = read_labelled(tmp_path / name)
    assert [(text.row, text.text, text.label) for text in found.texts] == [(1, "so very dull", "neg"), (2, "good", "pos")]
    assert found.texts[0].marks.scores["neg"].tolist() == [0, 1, 1] and found.texts[1].marks is None and not found.unusable


def test_marks_that_are_none_and_zips_of_several_files_are_told(tmp_path):
    (tmp_path / "a.csv").write_text(CSV.replace("[0, 1, 1]", "[0, 1"))
    assert "rationale" in read_labelled(tmp_path / "a.csv").unusable[1]
    (tmp_path / "a.zip").write_bytes(zipped(b__csv=CSV.encode(), c__csv=CSV.encode()))
    with pytest.raises(DataError, match="“b.csv”, “c.csv”. Give one"):
        read_labelled(tmp_path / "a.zip")
