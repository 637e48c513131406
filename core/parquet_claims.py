"""Whether a Parquet file can hold what its footer claims. No torch.

Arrow makes room for as many rows as the footer says before it reads one: a few changed bytes in a file of 9 KB took 7.5 GB.
"""

from typing import BinaryIO

from core.report_check import require

MOST_PER_BYTE = 4096
"""Values of a column for each byte of the file. The same row a thousand times over comes to less than a hundred."""


def check_claims(file: BinaryIO) -> None:
    """ValueError where rows don't add up, or are more than the file has room for; ArrowException where it isn't Parquet. The file
    stays open, at its beginning."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        footer = opened.metadata
    most = MOST_PER_BYTE * file.seek(0, 2)
    file.seek(0)
    groups = [footer.row_group(at) for at in range(footer.num_row_groups)]
    require(sum(group.num_rows for group in groups) == footer.num_rows, "its parts have other numbers of rows than the whole")
    for group in groups:
        for at in range(group.num_columns):
            column = group.column(at)
            is_list = footer.schema.column(at).max_repetition_level > 0
            fits = group.num_rows <= column.num_values if is_list else group.num_rows == column.num_values
            require(fits, f"{column.path_in_schema} has {column.num_values} values for {group.num_rows} rows")
            require(column.num_values <= most, f"{column.path_in_schema} claims {column.num_values} values, and at most {most} fit")
