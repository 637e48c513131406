"""A run's folder: `manifest.json`, `chunks/000000.parquet` …, and when all is done `words.parquet` and `summary.json`.

SCHEMA.md describes every column. A file is written under another name, forced to disk and then renamed, so that whatever
stands in the folder is whole. No torch.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.corpus.chunk_table import KINDS, check_columns, from_table, to_table
from core.corpus.records import RowRefused, RowResult, RunPlan
from core.errors import SaliencyError, quoted
from core.parquet_claims import checked_footer
from core.report_check import check_types, require

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "layer-saliency/corpus/1"
MANIFEST, CHUNKS, WORDS, SUMMARY, LOCK = "manifest.json", "chunks", "words.parquet", "summary.json", ".lock"
TEMPORARY = ".part"
FULL = (ENOSPC, EDQUOT, EFBIG)
CHUNK_NAME = re.compile(r"(\d{6,})\.parquet")
MADE_AGAIN = "Delete it, or have it deleted, and go on with the run: it is then made again."
GO_ON = "Go on with the run, or analyse the file again."
"""Advice to somebody who can delete the file, and to somebody who can't."""


class RunError(SaliencyError):
    """A run's folder can't be used, or the run can't go on."""


@dataclass(frozen=True)
class Manifest:
    """What a run is: written once, when it starts."""

    plan: RunPlan
    n_rows: int
    """Rows of the file, the unusable ones too."""
    file: str
    """Name of the file, and the fingerprint of its bytes."""
    fingerprint: str
    model: str
    """Name of the model, revision of its weights, where its language-model head comes from (empty: none), and its precision."""
    revision: str
    head: str
    dtype: str
    calibrated: int | None
    """The layer that a calibration recommends for the headline method; None: there is none, and each row chooses."""
    labels: tuple[str, ...]
    """(C)"""
    problem_type: str
    layers: int
    """L"""
    device: str
    """On which the run started."""
    versions: dict[str, str]
    """Package → version, when the run started."""

    @property
    def n_chunks(self) -> int:
        """Chunk files of the finished run."""
        return -(-self.n_rows // self.plan.settings.chunk_rows)


@dataclass(frozen=True, eq=False)
class Chunk:
    """One chunk file read back."""

    rows: list[RowResult | RowRefused]
    room: int
    """Tokens that a batch could hold when it was written."""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The run's beginning. RunError where the disk is full."""
    plain = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    state = {"schema": SCHEMA} | plain | {"plan": manifest.plan.as_dict(), "labels": list(manifest.labels)}
    write_whole(folder / MANIFEST, json.dumps(state, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """What the folder's run is. RunError, in a sentence, where it holds none that can be read."""
    path = folder / MANIFEST
    if not path.is_file():
        raise RunError(f"The folder {quoted(str(folder))} holds no run: there is no {MANIFEST}. Start one, or give another folder.")
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        schema = state.pop("schema")
        if schema != SCHEMA:
            raise RunError(
                f"The run in {quoted(str(folder))} was written in the format {quoted(str(schema))}, and this program reads {quoted(SCHEMA)}. "
                "Read it with the version that wrote it, or start anew in another folder."
            )
        manifest = Manifest(**state | {"plan": RunPlan.from_dict(state["plan"]), "labels": tuple(state["labels"])})
        check_types(manifest, but=("plan",))
        require(manifest.n_rows >= 0 and manifest.layers > 0, f"{manifest.n_rows} rows and {manifest.layers} layers")
        return manifest
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        reason = quoted(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
        raise RunError(f"The {MANIFEST} in {quoted(str(folder))} can't be read: {reason}. Start anew in another folder.") from error


def chunk_path(folder: Path, index: int) -> Path:
    """Where chunk `index` lies, from 0."""
    return folder / CHUNKS / f"{index:06d}.parquet"


def chunks_done(folder: Path) -> list[int]:
    """Indices of the chunks that are on disk, in order."""
    found = (CHUNK_NAME.fullmatch(path.name) for path in (folder / CHUNKS).glob("*.parquet"))
    return sorted(int(match[1]) for match in found if match)


def write_chunk(folder: Path, index: int, rows: list[RowResult | RowRefused], room: int) -> None:
    """One chunk file, whole or not at all. RunError where the disk is full; what was written before stays."""
    write_whole(chunk_path(folder, index), encode_chunk(index, rows, room))


def encode_chunk(index: int, rows: list[RowResult | RowRefused], room: int) -> bytes:
    """The content of a chunk file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = to_table(rows, {"schema": SCHEMA, "chunk": str(index), "room": str(room)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=max(1, len(rows)), compression="zstd")
    return sink.getvalue().to_pybytes()


def read_chunk(folder: Path, index: int, manifest: Manifest | None = None) -> Chunk:
    """What `write_chunk` wrote. RunError for a file that is none of it or, given the manifest, of a run with other layers
    or outputs."""
    with told(chunk_path(folder, index), MADE_AGAIN):
        table = read_columns(folder, index, manifest=manifest)
        noted = {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
        if noted.get("schema") != SCHEMA or noted.get("chunk") != str(index):
            got = f"{noted.get('schema')}, chunk {noted.get('chunk')}"
            raise ValueError(f"it says {got}, and {SCHEMA}, chunk {index} is expected")
        return Chunk(from_table(table), int(noted["room"]))


def read_columns(
    folder: Path, index: int, columns: Sequence[str] | None = None, manifest: Manifest | None = None, advice: str = MADE_AGAIN
) -> "pa.Table":
    """These columns of a chunk, `refused` among them (None: all), and nothing else from the disk. RunError as for `read_chunk`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with told(path := chunk_path(folder, index), advice):
        with path.open("rb") as file:  # whose errors don't say where it lies
            table = pq.ParquetFile(file, metadata=checked_footer(file)).read(columns=None if columns is None else list(columns), use_threads=False)
        check_columns(table, *((None, None) if manifest is None else (manifest.layers, len(manifest.labels))))
        ordered = {name: table[name] for name in columns or KINDS}  # whatever was given: all chunks are joined in the end
        return pa.table(ordered).replace_schema_metadata(table.schema.metadata)


@contextmanager
def told(path: Path, advice: str) -> Iterator[None]:
    """Whatever goes wrong with a file of results as a RunError, which doesn't say where the run lies."""
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        reason = quoted(getattr(error, "strerror", None) or str(error) or type(error).__name__, 200)
        raise RunError(f"{quoted(path.name)} can't be read: {reason}. {advice}") from error


def read_chunks(folder: Path) -> Iterator[RowResult | RowRefused]:
    """Every row that is on disk, chunk after chunk; memory holds one chunk."""
    for index in chunks_done(folder):
        yield from read_chunk(folder, index).rows


def write_whole(path: Path, content: Any) -> None:
    """Bytes to a file so that it is there whole or not at all, also when the power fails. RunError where the disk is full."""
    part = path.with_name(path.name + TEMPORARY)
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        _drop(part)
        if error.errno in FULL:
            raise RunError(
                f"The disk is full: {quoted(path.name)} could not be written to {quoted(str(path.parent))}. What was done before is kept. "
                "Make room and go on with the run (--resume)."
            ) from error
        raise RunError(
            f"{quoted(path.name)} could not be written to {quoted(str(path.parent))}: {error.strerror or error}. What was done before is kept."
        ) from error


def _sync_folder(folder: Path) -> None:
    """The renaming itself forced to disk, where the system can (not on Windows)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _drop(path: Path) -> None:
    with suppress(OSError):  # the first error is the one to tell
        path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process's run; the system lets go of it when the process dies. RunError if another has it."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RunError(f"Another program is writing the run in {quoted(str(folder))}. Wait until it is done, or stop it first.") from None
    except OSError as error:
        raise RunError(f"The folder {quoted(str(folder))} can't be written to: {error.strerror or error}. Give another folder.") from error
    try:
        yield
    finally:
        lock.release()
