"""`python -m core report`: a saved report, or the folder of a run, as one HTML file; and the scores of a saved report as Parquet."""

import argparse
from pathlib import Path

from core.errors import MethodError, ReportError, quoted
from core.export import from_json
from core.methods import METHODS
from core.records import LayerReport
from core.report.one_text import to_page
from core.report.run_folder import report_of_run
from core.score_table import write_scores


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The arguments behind the word `report`."""
    parser = argparse.ArgumentParser(
        prog="python -m core report",
        description="One HTML file, without a script and without a request, from what --json saved or from the folder of a run.",
    )
    parser.add_argument("source", metavar="FILE.json|FOLDER", help="a report saved with --json, or the folder of a finished run")
    parser.add_argument("--html", metavar="FILE", help="write the report to FILE")
    parser.add_argument("--scores", metavar="FILE", help="write all scores of a saved report to FILE as Parquet (core/SCHEMA.md)")
    parser.add_argument(
        "--method", metavar="NAME", help=f"the method shown first, one of: {', '.join(METHODS)} (default: the headline)"
    )
    parser.add_argument(
        "--layer", type=int, metavar="N", help="the layer shown first, 0 for the embedding (default: the recommended one)"
    )
    args = parser.parse_args(argv)
    if args.html is None and args.scores is None:
        parser.error("Nothing to write: give --html FILE, --scores FILE or both.")
    return args


def run(argv: list[str]) -> None:
    """Read, then write what was asked for. Raises SaliencyError, in a sentence, or OSError."""
    args = parse_arguments(argv)
    source = Path(args.source)
    if source.is_dir():
        _refuse_flags(args, source)
        Path(args.html).write_text(report_of_run(source), encoding="utf-8")
        return
    report = _read(source)
    if args.html is not None:
        html = to_page(report, *_choice(report, args.method, args.layer))
        Path(args.html).write_text(html, encoding="utf-8")
    if args.scores is not None:
        write_scores(report, args.scores)


def _refuse_flags(args: argparse.Namespace, folder: Path) -> None:
    given = [name for name in ("scores", "method", "layer") if getattr(args, name) is not None]
    if given:
        raise ReportError(
            f"{quoted(str(folder))} is the folder of a run, which --{given[0]} is not for: it belongs to the saved report of one text. Leave it out; "
            "the scores of a run lie in its chunks as Parquet."
        )


def _read(path: Path) -> LayerReport:
    """The saved report. ReportError where there is none."""
    if not path.is_file():
        raise ReportError(
            f"There is no file and no folder {quoted(str(path))}. Give a report saved with --json, or the folder of a run."
        )
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ReportError(
            f"{quoted(str(path))} is no text, and so no saved report. Give one written with --json or the download button."
        ) from error


def _choice(report: LayerReport, method: str | None, layer: int | None) -> tuple[str, int]:
    """The method and layer to show first."""
    method = method or report.headline
    if method not in report.maps:
        raise MethodError(f"The report holds no map of {quoted(method)}. Its maps are: {', '.join(report.maps)}.")
    n_layers = len(report.layer_outputs)
    if layer is not None and layer not in range(n_layers):
        raise MethodError(f"The layer is {layer}; it must be 0, the embedding, to {n_layers - 1}.")
    return method, report.choices[method].layer if layer is None else layer
