"""What a session has read of a run's folder, kept as long as it looks at the run: no other session's texts lie in memory for it."""

from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import streamlit as st

from core.corpus.store import GO_ON, MANIFEST, SUMMARY, Manifest, RunError, chunks_done, read_manifest
from core.corpus.summary import Summary
from core.errors import quoted
from core.labels import REGRESSION
from dashboard import corpus_table
from dashboard.corpus_results_wording import READING
from dashboard.corpus_table import Rows

_KEPT = 2  # runs of a session
_KEPT_SECONDS = 1800


@dataclass(frozen=True)
class Found:
    """What lies in a run's folder. `stamp` changes with it: what is drawn of it is drawn anew."""

    folder: Path
    stamp: str
    manifest: Manifest
    summary: Summary | None
    """None while the run isn't finished."""

    @property
    def tag(self) -> str:
        """Of the run, for the keys of its widgets: another run's begin anew."""
        return f"{crc32(str(self.folder).encode()):x}"

    @property
    def about(self) -> tuple[str, str]:
        """What figures of it depend on."""
        return str(self.folder), self.stamp

    @property
    def is_value(self) -> bool:
        """Whether the model answers with values: then there are neither classes nor errors."""
        return self.manifest.problem_type == REGRESSION

    def label(self, label: str) -> str:
        """A label of the file for people: with the class that it names, where that is called otherwise."""
        at = self.manifest.plan.classes.get(label)
        name = label if at is None else self.manifest.labels[at]
        return label if label.casefold() == name.casefold() else f"{label} = {name}"


def look(folder: Path) -> Found:
    """Manifest and summary. RunError, in a sentence, where there is nothing to see yet or it can't be read."""
    return _look(str(folder), _stamp(folder))


def rows(found: Found) -> Rows:
    """The light columns of all rows. RunError."""
    return _rows(str(found.folder), found.stamp)


@st.cache_resource(max_entries=_KEPT, ttl=_KEPT_SECONDS, scope="session", show_spinner=False)
def _look(folder: str, stamp: str) -> Found:
    if not (Path(folder) / MANIFEST).is_file():
        raise RunError("Nothing of this run is on disk yet. Let it go on until its first rows are done.")
    path = Path(folder) / SUMMARY
    try:
        summary = Summary.from_json(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, UnicodeDecodeError) as error:  # it may be deleted at this very moment
        reason = quoted(getattr(error, "strerror", None) or str(error), 200)
        raise RunError(f"The {SUMMARY} of this run can't be read: {reason}. {GO_ON}") from error
    manifest = read_manifest(Path(folder))
    if summary is not None and summary.n_layers != manifest.layers:
        raise RunError(f"The {SUMMARY} of this run is of a model with {summary.n_layers} layer states, and the run of one with {manifest.layers}. {GO_ON}")
    return Found(Path(folder), stamp, manifest, summary)


@st.cache_resource(max_entries=_KEPT, ttl=_KEPT_SECONDS, scope="session", show_spinner=READING)
def _rows(folder: str, stamp: str) -> Rows:
    return corpus_table.load_rows(Path(folder))


def sentence(error: Exception, folder: Path) -> str:
    """What went wrong, without where the run lies on the server."""
    said = str(error).replace(quoted(str(folder)), "the run’s folder").replace(str(folder), "the run’s folder")
    return said.replace(" (--resume)", "")


def _stamp(folder: Path) -> str:
    """Of the folder as it stands."""
    try:
        written = [path.stat().st_mtime_ns for path in (folder / MANIFEST, folder / SUMMARY) if path.is_file()]
        return f"{written}, {len(chunks_done(folder))}"
    except OSError as error:
        raise RunError(
            f"The run's folder can't be read: {error.strerror or error}. It may have been deleted; analyse the file again."
        ) from error
