"""words.parquet: the means of every word by class, outcome and layer, for tables that go beyond the summary's rankings. No torch."""

from pathlib import Path
from typing import Any

import numpy as np

from core.corpus.store import SCHEMA, WORDS, RunError, write_whole
from core.corpus.summary import WordMeans
from core.errors import quoted

LEAST = 2  # texts: of one alone there is no interval
COLUMNS = ("predicted", "outcome", "layer", "word", "texts", "mean", "low", "high")


def write_words(folder: Path, means: WordMeans) -> None:
    """Every word in at least two texts of a class and an outcome, one row a layer; a row group for each class and outcome."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = [pa.string(), pa.string(), pa.int32(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.float64()]
    schema = pa.schema(list(zip(COLUMNS, kinds)), metadata={"schema": SCHEMA})
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
    import pyarrow as pa
    import pyarrow.parquet as pq

    asked = [("outcome", "=", outcome), ("texts", ">=", min_texts)]
    asked += [] if predicted is None else [("predicted", "=", predicted)]
    asked += [] if layer is None else [("layer", "=", layer)]
    try:
        rows = pq.read_table(folder / WORDS, filters=asked).to_pylist()
    except (OSError, pa.ArrowException) as error:
        reason = quoted(str(error), 200)
        raise RunError(
            f"{WORDS} in {quoted(str(folder))} can't be read: {reason}. Finish the run (--resume); it is then written again."
        ) from error
    return sorted(rows, key=lambda row: (-row["low"], row["word"]))
