"""How a report was made: enough to make it again. And what of the text was not read."""

from core.errors import quoted
from core.export import SCHEMA
from core.records import LayerReport
from core.report.numerals import count, duration, percent
from core.report.parts import Html, bullets, facts, join, tag

MOST_RANGES = 20  # unread parts listed one by one
LONGEST = 90  # characters shown of each


def how_made(report: LayerReport) -> Html:
    """Model, weights, machine, versions, settings and seeds."""
    made, settings = report.provenance, report.query.settings
    seeds = ", ".join(f"{saliency.label}: {saliency.seed}" for saliency in report.maps.values() if saliency.seed is not None)
    cut = f"at most {count(settings.max_windows, 'window')} of {report.coverage.limit} tokens, neighbours sharing {count(settings.overlap, 'token')}"
    asked, against = tag("bdi", report.query.target or "the predicted one"), report.query.against
    return facts((
        ("Model", made.model),
        ("Weights", tag("code", made.revision)),
        ("Language-model head", made.lm_head),
        ("Class asked for", asked if against is None else join(asked, " rather than ", tag("bdi", against))),
        ("Methods asked for", ", ".join(settings.methods) or "those of the one pass"),
        ("Long texts", cut),
        ("Decoding", f"{count(settings.top_k, 'word')} kept for each token and layer" + (", and the meaning kept" if settings.expected_embedding else "")),
        ("Seeds", seeds or "none: nothing here is drawn by lot"),
        ("Machine", f"{made.device}, {made.dtype}"),
        ("Passes", f"{count(made.rows, 'row')} of forward and backward passes"),
        ("Time", f"{duration(sum(made.seconds.values()))}: " + ", ".join(f"{stage} {duration(spent)}" for stage, spent in made.seconds.items())),
        ("Versions", ", ".join(f"{name} {version}" for name, version in made.versions.items())),
        ("Format", f"{SCHEMA} as JSON (core/SCHEMA.md)"),
    ))  # fmt: skip


def what_was_read(report: LayerReport) -> Html:
    """How much of the text the model read, and each part that it didn't."""
    coverage = report.coverage
    whole = "text" if report.query.text_pair is None else "two texts"
    place = f"in {count(coverage.windows, 'window')} of at most {coverage.limit} tokens"
    if not coverage.unread:
        return tag(
            "p", f"Nothing was left out: the model read all {count(coverage.characters, 'character')} of the {whole}, {place}."
        )
    lead = (
        f"The model read {percent(coverage.share)} of the {whole} ({coverage.characters_read:,} of {coverage.characters:,} characters), {place}. "
        "The rest has no influence on anything shown here:"
    )
    ranges = [_range(report, start, end) for start, end in coverage.unread[:MOST_RANGES]]
    left = len(coverage.unread) - len(ranges)
    return join(tag("p", lead), bullets([*ranges, *([f"and {count(left, 'more part')}"] if left else [])]))


def _range(report: LayerReport, start: int, end: int) -> str:
    """Where an unread part lies in its text, and how it begins."""
    (_, first_end), *second = report.query.text_spans
    shift = second[0][0] if second and start >= first_end else 0
    of = "" if not second else " of the second text" if shift else " of the first text"
    return f"characters {start - shift + 1:,} to {end - shift:,}{of}: {quoted(report.query.joined[start:end], LONGEST)}"
