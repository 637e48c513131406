"""words.parquet: the means of every word by class, outcome and layer, for tables that go beyond the summary's rankings. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.corpus.store import SCHEMA, WORDS, told, write_whole
from core.corpus.summary import WordMeans
from core.parquet_claims import checked_footer
from core.report_check import require

if TYPE_CHECKING:
    import pyarrow as pa

LEAST = 2  # texts: of one alone there is no interval
COLUMNS = {
    "predicted": "string", "outcome": "string", "layer": "int32", "word": "string", "texts": "int64", "mean": "float64", "low": "float64", "high": "float64",
}  # fmt: skip


def write_words(folder: Path, means: WordMeans) -> None:
    """Every word in at least two texts of a class and an outcome, one row a layer; a row group for each class and outcome."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for name, outcome in sorted(means.rows):
            words, texts, *values = means.table(name, outcome, LEAST)
            if not words:
                continue
            order, n_layers = sorted(range(len(words)), key=words.__getitem__), means.n_layers
            spread = [np.repeat(texts[order], n_layers), *(part[order].reshape(-1) for part in values)]
            n = len(words) * n_layers
            layers = np.tile(np.arange(n_layers, dtype=np.int32), len(words))
            named = pa.array([words[at] for at in order for _ in range(n_layers)], pa.string())
            columns = [pa.repeat(pa.scalar(name), n), pa.repeat(pa.scalar(outcome), n), pa.array(layers), named, *map(pa.array, spread)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    write_whole(folder / WORDS, sink.getvalue())


def read_words(
    folder: Path, predicted: str | None = None, outcome: str = "all", layer: int | None = None, min_texts: int = LEAST
) -> list[dict[str, Any]]:
    """Rows of words.parquet as dictionaries, the surest first, by the lower end of the interval; None: every class, every layer.
    `outcome`: “all”, “right”, “wrong” or “unknown”. RunError where the run isn't finished."""
    asked = [("outcome", "=", outcome), ("texts", ">=", min_texts)]
    asked += [] if predicted is None else [("predicted", "=", predicted)]
    asked += [] if layer is None else [("layer", "=", layer)]
    rows = read_table(folder, asked).to_pylist()
    return sorted(rows, key=lambda row: (-row["low"], row["word"]))


def read_table(folder: Path, asked: list[tuple[str, str, Any]] | None = None) -> pa.Table:
    """The table, or the rows of it that are asked for, in Arrow's own terms. RunError where the run isn't finished, or the table is
    not as `write_words` makes it."""
    import pyarrow.parquet as pq

    with told(folder / WORDS, "Finish the run (--resume); it is then written again."):
        with (folder / WORDS).open("rb") as file:
            require(checked_footer(file).schema.to_arrow_schema().equals(_schema()), "it has other columns than are expected")
            table = pq.read_table(file, filters=asked)
        table.validate(full=True)  # what is called text must be some
        require(not any(column.null_count for column in table.columns), "it has cells without a value")
        return table


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()], metadata={"schema": SCHEMA})
