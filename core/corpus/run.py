"""A whole run: a file and a classifier → a folder of results, chunk by chunk, so that it may stop anywhere and go on.

The same file, model and settings give the same bytes, whether the run was stopped or not (but where memory ran out: batches
are then smaller from there on, and sums of floating-point numbers round otherwise).
"""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Protocol

from core.corpus.analyse_chunk import analyse_rows
from core.corpus.batches import Room
from core.corpus.chunks import Item, chunks_of
from core.corpus.clock import Clock
from core.corpus.preparation import check_same, prepare
from core.corpus.records import RowRefused, RowResult, RunPlan, RunSettings
from core.corpus.store import (
    CHUNKS,
    MANIFEST,
    SUMMARY,
    TEMPORARY,
    WORDS,
    Manifest,
    RunError,
    chunks_done,
    locked,
    read_chunk,
    read_manifest,
    write_chunk,
    write_manifest,
    write_whole,
)  # fmt: skip
from core.corpus.summary import Summary, WordMeans, summarise
from core.corpus.sums import Sums
from core.corpus.words import write_words
from core.errors import quoted
from core.models import Classifier
from core.progress import Progress, silent
from core.records import HEADLESS, HEADLINE
from core.tables.format import Limits
from core.tables.source import Source
from core.tables.texts import TextRow


class Engine(Protocol):
    """What analyses the chunks: this process (`Here`), or a cluster (`core.cluster`)."""

    def fit(self, manifest: Manifest, classifier: Classifier) -> Manifest:
        """A new run's manifest as the engine's devices would have it."""

    def chunks(
        self, folder: Path, classifier: Classifier, source: Source, manifest: Manifest, limits: Limits, tell: Progress
    ) -> Generator[list[RowResult | RowRefused], None, None]:
        """The rows of every chunk in order, those of the chunks that are done too; each is on disk when it comes."""


class Here:
    """The classifier that is loaded, in this process, one chunk after the other."""

    def fit(self, manifest: Manifest, classifier: Classifier) -> Manifest:
        """It was made with this very classifier."""
        return manifest

    def chunks(
        self, folder: Path, classifier: Classifier, source: Source, manifest: Manifest, limits: Limits, tell: Progress
    ) -> Generator[list[RowResult | RowRefused], None, None]:
        """As `Engine.chunks`; `tell` is called between batches."""
        plan = manifest.plan
        room, done, clock = Room(plan.token_budget), set(chunks_done(folder)), Clock(manifest.n_rows)
        for index, items in chunks_of(source, manifest, limits):
            if index in done:
                chunk = read_chunk(folder, index, manifest)
                rows, room.tokens = chunk.rows, chunk.room
                clock.skip(len(rows))
            else:
                before = room.tokens
                rows = analyse_items(classifier, items, plan, clock.within(len(items), tell), room)
                write_chunk(folder, index, rows, room.tokens)
                clock.add(len(rows))
                if room.tokens < before:
                    tell(f"Memory ran out: batches hold {room.tokens:,} tokens from here on", clock.share)
            yield rows


HERE = Here()


def start_run(
    folder: Path, classifier: Classifier, source: Source, settings: RunSettings, limits: Limits, tell: Progress = silent,
    engine: Engine = HERE,
) -> Summary:  # fmt: skip
    """Analyse every row of the file into a new folder. Whatever stops it — an error, a full disk, `tell` raising — leaves the
    chunks that are done, and `resume_run` goes on.

    Raises DataError for a file that can't be read or doesn't suit the model, RunError for the folder and the disk.
    """
    _refuse_used(folder)
    manifest = engine.fit(prepare(classifier, source, settings, limits, tell), classifier)
    try:
        (folder / CHUNKS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"The folder {quoted(str(folder))} can't be made: {error.strerror or error}. Give another one.") from error
    with locked(folder):
        _refuse_used(folder)
        write_manifest(folder, manifest)
        return _run(folder, classifier, source, manifest, limits, tell, engine)


def resume_run(
    folder: Path, classifier: Classifier, source: Source, limits: Limits, tell: Progress = silent, settings: RunSettings | None = None,
    engine: Engine = HERE,
) -> Summary:  # fmt: skip
    """Go on with the run in the folder, whichever engine began it; a finished one gives its summary. `settings`, if given, must be
    those it began with.

    Raises RunError, which names what differs, where file, model or settings are others, and what `start_run` raises.
    """
    manifest = read_manifest(folder)
    with locked(folder):
        check_same(folder, manifest, classifier, source, settings, tell)
        if all((folder / name).is_file() for name in (SUMMARY, WORDS)) and len(chunks_done(folder)) == manifest.n_chunks:
            return read_summary(folder)
        return _run(folder, classifier, source, manifest, limits, tell, engine)


def read_summary(folder: Path) -> Summary:
    """What a finished run found. RunError where it isn't finished or can't be read."""
    path = folder / SUMMARY
    if not path.is_file():
        manifest = read_manifest(folder)
        done = len(chunks_done(folder))
        raise RunError(
            f"The run in {quoted(str(folder))} isn't finished: {done:,} of {manifest.n_chunks:,} chunks are done. Go on with it (--resume)."
        )
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = quoted(getattr(error, "strerror", None) or str(error), 200)
        raise RunError(f"The {SUMMARY} in {quoted(str(folder))} can't be read: {reason}. Delete it and go on with the run (--resume).") from error
    return Summary.from_json(written)


def analyse_items(
    classifier: Classifier, items: list[Item], plan: RunPlan, tell: Progress = silent, room: Room | None = None
) -> list[RowResult | RowRefused]:
    """One chunk: a result or a refusal for each of its rows, in order; what the file itself could not give is refused as it says."""
    found = iter(analyse_rows(classifier, [item for item in items if isinstance(item, TextRow)], plan, tell, room))
    return [next(found) if isinstance(item, TextRow) else RowRefused(item.number, item.reason) for item in items]


def sum_up(folder: Path, manifest: Manifest, sums: Sums) -> Summary:
    """Write words.parquet and, last of all, summary.json."""
    summary = summarise(sums, manifest, HEADLINE if manifest.head else HEADLESS)
    write_words(folder, WordMeans(sums, manifest.labels))
    write_whole(folder / SUMMARY, summary.to_json().encode("utf-8", "replace"))
    return summary


def _run(
    folder: Path, classifier: Classifier, source: Source, manifest: Manifest, limits: Limits, tell: Progress, engine: Engine
) -> Summary:
    sums = Sums(manifest.layers, manifest.plan.settings.vocabulary, manifest.labels, manifest.plan.classes)
    for leftover in (*folder.glob(f"*{TEMPORARY}"), *(folder / CHUNKS).glob(f"*{TEMPORARY}")):
        leftover.unlink(missing_ok=True)
    with closing(engine.chunks(folder, classifier, source, manifest, limits, tell)) as chunks:
        for rows in chunks:
            sums.add(rows)
    tell("Summing up", 1.0)
    return sum_up(folder, manifest, sums)


def _refuse_used(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{quoted(str(folder))} is a file. Give a folder to write the run to.")
    if (folder / MANIFEST).exists():
        raise RunError(f"The folder {quoted(str(folder))} holds a run already. Go on with it (--resume), or give another folder.")
    if any((folder / name).exists() for name in (CHUNKS, WORDS, SUMMARY)) and chunks_done(folder):
        raise RunError(f"The folder {quoted(str(folder))} holds results without their {MANIFEST}. Give another folder.")
