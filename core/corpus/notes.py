"""What must be said of a run besides its figures: sentences. No torch."""

from core.corpus.rationales import RationaleSums
from core.corpus.store import Manifest
from core.corpus.sums import Sums
from core.errors import quoted
from core.labels import REGRESSION


def notes_on(sums: Sums, manifest: Manifest) -> list[str]:
    """What narrows down the figures of a summary, most important first."""
    notes = []
    if manifest.plan.settings.columns.label is not None and manifest.problem_type != REGRESSION and not manifest.plan.classes:
        named = ", ".join(map(quoted, manifest.labels[:12]))
        notes.append(f"No label of the file names a class of the model ({named}), so there is neither accuracy nor confusion.")
    notes += _on_marks(sums.rationales)
    if sums.n_cut:
        notes.append(f"{sums.n_cut:,} texts were longer than is read; what follows was left out.")
    if sums.words.dropped:
        notes.append(
            f"More different words than are kept: {sums.words.dropped:,} rare ones were dropped on the way, none in more than "
            f"{sums.words.rarest:,} texts of one class and outcome. If they came again, their counts are too low by as much at most each time."
        )
    return notes


def _on_marks(sums: RationaleSums) -> list[str]:
    notes = []
    if sums.unreadable is not None:
        number, why = sums.unreadable
        rows = "1 row's" if sums.n_unreadable == 1 else f"{sums.n_unreadable:,} rows'"
        notes.append(f"{rows} marks can't be read, the first in row {number:,}: {why} All else of such a row was used.")
    if sums.n_elsewhere:
        rows = "1 row's marks say" if sums.n_elsewhere == 1 else f"{sums.n_elsewhere:,} rows' marks say"
        notes.append(
            f"{rows} nothing of the predicted class, or mark none or all of the words; agreement with people leaves them out."
        )
    return notes
