"""Parquet files that claim other numbers of rows than they hold: real ones, with other numbers in their footers."""

import io

import pyarrow
from pyarrow import parquet

ROWS = 12_345  # no other number of the file's


def parquet_of(columns: dict) -> bytes:
    """A Parquet file, as pyarrow writes it."""
    parquet.write_table(pyarrow.table(columns), file := io.BytesIO())
    return file.getvalue()


def claim_of(rows: int) -> bytes:
    """A number of rows as it stands in a footer: the field's head, then a zigzag varint of Thrift's compact protocol."""
    number, written = 2 * rows if rows >= 0 else -2 * rows - 1, b"\x16"
    while number > 127:
        written, number = written + bytes([number % 128 + 128]), number // 128
    return written + bytes([number])


def forged(of_the_file: int, of_its_group: int) -> bytes:
    """A file of 12,345 rows that claims others: the first such number of a footer is the file's, the last one its group's."""
    content = parquet_of({"a": pyarrow.array(range(ROWS))})
    length = int.from_bytes(content[-8:-4], "little")
    body, footer = content[: -8 - length], content[-8 - length : -8]
    before, *between, after = footer.split(claim_of(ROWS))
    assert len(between) == 2, "between the two stands the number of values of the column"
    footer = before + claim_of(of_the_file) + claim_of(ROWS).join(between) + claim_of(of_its_group) + after
    return body + footer + len(footer).to_bytes(4, "little") + b"PAR1"
