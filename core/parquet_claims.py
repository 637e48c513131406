"""Whether a Parquet file can hold the rows that its footer claims. No torch.

Arrow makes room for as many rows as the footer says before it reads one: a few changed bytes in a file of 9 KB took 7.5 GB.
"""

from typing import TYPE_CHECKING, BinaryIO

from core.report_check import require

if TYPE_CHECKING:
    import pyarrow.parquet as pq

MOST_PER_BYTE = 4096
"""Rows for each byte of the file. The same row a thousand times over comes to less than a hundred."""


def checked_footer(file: BinaryIO) -> "pq.FileMetaData":
    """The file's metadata. ValueError where rows don't add up, or are more than the file has room for; ArrowException or OSError
    where it isn't Parquet. The file stays open, at its beginning."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        footer = opened.metadata
    most = MOST_PER_BYTE * file.seek(0, 2)
    file.seek(0)
    # of the groups nothing but their rows is asked: where a column is encrypted or one too many, to ask for it ends the process
    rows = [footer.row_group(at).num_rows for at in range(footer.num_row_groups)]
    require(min(rows, default=0) >= 0 and sum(rows) == footer.num_rows, "its parts have other numbers of rows than the whole")
    require(footer.num_rows <= most, f"it claims {footer.num_rows} rows, and at most {most} fit into it")
    return footer
