"""Rows of a table → texts."""

import pytest

from core.errors import DataError
from core.tables.format import PAGE_LIMITS, Format
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.texts import Columns, RefusedRow, TextRow, read_texts

TABLE = open_table(Source("a", content=b"t,p,l,i\na text, b ,1,r1\n ,b,1,r2\nc,,1,r3\nd,b,,\ntorn\n"), Format("csv"), PAGE_LIMITS)


def test_a_text_comes_with_what_belongs_to_it():
    found = list(read_texts(TABLE, Columns("t", "p", "l", "i")))
    assert found[0] == TextRow(1, "a text", " b ", "1", "r1") and found[3] == TextRow(4, "d", "b")
    assert found[1:3] == [RefusedRow(2, "Its text is empty."), RefusedRow(3, "Its second text is empty.")]
    assert isinstance(found[4], RefusedRow) and found[4].number == 5 and "1 cells" in found[4].reason
    assert [row.number for row in read_texts(TABLE, Columns("t")) if isinstance(row, TextRow)] == [1, 3, 4]


def test_a_column_that_isn_t_there_is_told_before_a_row_is_read():
    with pytest.raises(DataError, match="“label”; the columns are “t”, “p”, “l”, “i”"):
        read_texts(TABLE, Columns("t", label="label"))


def test_columns_are_kept_as_json_and_stand_for_one_thing_each():
    columns = Columns("t", label="l")
    assert Columns.from_dict(columns.as_dict()) == columns and hash(columns) == hash(Columns("t", None, "l"))
    for wrong in ({"text": "t", "label": "t"}, {"text": None}, {"text": "t", "id": 3}, {"text": "t", "other": "x"}, {}):
        with pytest.raises(ValueError):
            Columns.from_dict(wrong)
