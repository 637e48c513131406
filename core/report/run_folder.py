"""The folder of a finished run → its report."""

from pathlib import Path

from core.corpus.method_table import read_methods
from core.corpus.store import read_manifest
from core.errors import ReportError, quoted
from core.report.corpus import to_page
from core.report.examples import pick_rows
from core.report.parts import Html


def report_of_run(folder: Path) -> Html:
    """The report of the run in a folder. RunError where it isn't finished or can't be read, ReportError where its summary is damaged."""
    from core.corpus.run import read_summary  # here, as torch comes with it

    manifest = read_manifest(folder)
    summary, methods = read_summary(folder), read_methods(folder)
    try:
        return to_page(summary, manifest, pick_rows(folder, manifest), methods)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        reason = quoted(repr(error), 200)
        raise ReportError(
            f"The summary of the run in {quoted(str(folder))} is damaged: {reason}. Delete it and go on with the run (--resume)."
        ) from error
