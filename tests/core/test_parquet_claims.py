"""What a footer claims, held against the file: forged ones are made of real ones, by other numbers in the place of their numbers of rows."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.parquet_claims import MOST_PER_BYTE, checked_footer

ROWS = 12_345  # no other number of the file's


def parquet_of(table: pa.Table) -> bytes:
    pq.write_table(table, file := io.BytesIO())
    return file.getvalue()


def claim_of(rows: int) -> bytes:
    """A number of rows as it stands in a footer: the field's head, then a zigzag varint of Thrift's compact protocol."""
    number, written = 2 * rows if rows >= 0 else -2 * rows - 1, b"\x16"
    while number > 127:
        written, number = written + bytes([number % 128 + 128]), number // 128
    return written + bytes([number])


def forged(of_the_file: int, of_its_group: int) -> bytes:
    """A file of 12,345 rows that claims others: the first such number of a footer is the file's, the last one its group's."""
    content = parquet_of(pa.table({"a": pa.array(range(ROWS))}))
    length = int.from_bytes(content[-8:-4], "little")
    body, footer = content[: -8 - length], content[-8 - length : -8]
    before, *between, after = footer.split(claim_of(ROWS))
    assert len(between) == 2, "between the two stands the number of values of the column"
    footer = before + claim_of(of_the_file) + claim_of(ROWS).join(between) + claim_of(of_its_group) + after
    return body + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def test_a_file_that_claims_what_it_holds_is_taken_and_stays_at_its_beginning():
    file = io.BytesIO(forged(ROWS, ROWS))
    assert checked_footer(file).num_rows == ROWS and file.tell() == 0
    assert pq.read_table(file).num_rows == ROWS


def test_a_table_without_rows_is_taken():
    assert checked_footer(io.BytesIO(parquet_of(pa.table({"a": pa.array([], "string")})))).num_rows == 0


def test_a_row_that_stands_a_million_times_is_taken():
    assert checked_footer(io.BytesIO(parquet_of(pa.table({"a": ["same"] * 1_000_000})))).num_rows == 1_000_000


@pytest.mark.parametrize("claimed", [(668_000_000_000, ROWS), (ROWS, 668_000_000_000), (ROWS - 1, ROWS), (-1, -1), (0, ROWS)])
def test_rows_that_do_not_add_up_are_refused(claimed):
    with pytest.raises(ValueError, match="its parts have other numbers of rows than the whole"):
        checked_footer(io.BytesIO(forged(*claimed)))


def test_more_rows_than_the_file_has_room_for_are_refused():
    content = forged(668_000_000_000, 668_000_000_000)
    with pytest.raises(ValueError, match=f"it claims 668000000000 rows, and at most {MOST_PER_BYTE * len(content)} fit into it"):
        checked_footer(io.BytesIO(content))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet at all", parquet_of(pa.table({"a": [1]}))[:-9]])
def test_what_is_no_parquet_is_said_by_arrow(content):
    with pytest.raises((pa.ArrowException, OSError)):
        checked_footer(io.BytesIO(content))
