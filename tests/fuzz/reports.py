"""A saved report that somebody changed → the report, its page, what a notebook shows, and its JSON and Parquet again."""

import json

from core.errors import ReportError
from core.export import from_json, to_json
from core.labels import MULTI_LABEL, REGRESSION
from core.records import LayerReport
from core.report.notebook import to_html
from core.report.one_text import to_page
from core.score_table import from_table, to_table
from tests.dashboard.reports import make_report
from tests.fuzz.checks import REFUSED, check_harmless, refused_or
from tests.fuzz.json_values import nested

REPORTS = (
    make_report(n_states=3), make_report("dull film", 2, has_head=False), make_report("dull", 2, text_pair="fine film", problem_type=MULTI_LABEL),
    make_report("good", 2, ("score",), problem_type=REGRESSION),
)  # fmt: skip
STARTS = (
    *(to_json(report, indent=None).encode() for report in REPORTS),
    json.dumps({"schema": nested(900)}).encode(),
    b"[" * 3_000,
)
is_json = True


def target(data: bytes) -> None:
    """Refused in a sentence, or a report of which everything can be made."""
    report = refused_or(ReportError, from_json, data.decode("utf-8", "replace"))
    if report is REFUSED:
        return
    check_report(report)


def check_report(report: LayerReport) -> None:
    """AssertionError where something that was accepted can't be shown or kept."""
    assert to_json(from_json(to_json(report))) == to_json(report)  # and not field by field: what is no number is unlike itself
    for method, choice in report.choices.items():
        if method in report.maps:
            check_harmless(to_page(report, method, choice.layer))
            break
    check_harmless(to_page(report))
    check_harmless(to_html(report))
    assert from_table(to_table(report)).keys() == report.maps.keys()
