"""What a footer claims, held against the file."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.parquet_claims import MOST_PER_BYTE, checked_footer
from tests.core.tables.forged import ROWS, forged, parquet_of


def test_a_file_that_claims_what_it_holds_is_taken_and_stays_at_its_beginning():
    file = io.BytesIO(forged(ROWS, ROWS))
    assert checked_footer(file).num_rows == ROWS and file.tell() == 0
    assert pq.read_table(file).num_rows == ROWS


def test_a_table_without_rows_is_taken():
    assert checked_footer(io.BytesIO(parquet_of({"a": pa.array([], "string")}))).num_rows == 0


def test_a_row_that_stands_a_million_times_is_taken():
    assert checked_footer(io.BytesIO(parquet_of({"a": ["same"] * 1_000_000}))).num_rows == 1_000_000


@pytest.mark.parametrize("claimed", [(668_000_000_000, ROWS), (ROWS, 668_000_000_000), (ROWS - 1, ROWS), (-1, -1), (0, ROWS)])
def test_rows_that_do_not_add_up_are_refused(claimed):
    with pytest.raises(ValueError, match="its parts have other numbers of rows than the whole"):
        checked_footer(io.BytesIO(forged(*claimed)))


def test_more_rows_than_the_file_has_room_for_are_refused():
    content = forged(668_000_000_000, 668_000_000_000)
    with pytest.raises(ValueError, match=f"it claims 668000000000 rows, and at most {MOST_PER_BYTE * len(content)} fit into it"):
        checked_footer(io.BytesIO(content))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet at all", parquet_of({"a": [1]})[:-9]])
def test_what_is_no_parquet_is_said_by_arrow(content):
    with pytest.raises((pa.ArrowException, OSError)):
        checked_footer(io.BytesIO(content))
