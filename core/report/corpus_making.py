"""How a run was made: enough to make it again. And the rows that it could not use."""

from core.corpus.store import SCHEMA, Manifest
from core.corpus.summary import Summary
from core.report.numerals import count
from core.report.parts import Html, facts, join, note, table, tag


def how_made(summary: Summary, manifest: Manifest) -> Html:
    """File, model, settings, samples, seeds and versions."""
    plan, settings = manifest.plan, manifest.plan.settings
    columns = [f"{role.replace('_', ' ')}: {name}" for role, name in settings.columns.as_dict().items() if name is not None]
    read = settings.format
    parts = [
        read.member,
        read.sheet,
        f"{read.kind}, {read.encoding}",
        f"cells parted by “{read.delimiter}”" if read.kind == "csv" else None,
    ]
    formed = [*filter(None, parts), *(["the first row names the columns"] if read.has_header else [])]
    classes = [
        label if label == manifest.labels[index] else f"{label} as {manifest.labels[index]}"
        for label, index in plan.classes.items()
    ]
    samples = (
        f"{count(len(plan.coherence_rows), 'row')} for coherence, {count(len(plan.faithfulness_rows), 'row')} for faithfulness"
    )
    layer = (
        "each row’s own: there is no calibration"
        if manifest.calibrated is None
        else f"{manifest.calibrated or 'the embedding'}, calibrated"
    )
    return facts((
        ("File", join(tag("bdi", manifest.file), f", {count(manifest.n_rows, 'row')}")),
        ("Fingerprint", tag("code", manifest.fingerprint)),
        ("Read as", ", ".join(formed)),
        ("Columns", tag("bdi", "; ".join(columns))),
        ("Labels", tag("bdi", ", ".join(classes)) if classes else "none that name the model’s classes"),
        ("Model", manifest.model),
        ("Weights", tag("code", manifest.revision)),
        ("Language-model head", manifest.head or "none"),
        ("Layer recommended", layer),
        ("Samples", f"{samples}; seed {settings.seed}"),
        ("Long texts", f"at most {count(settings.max_windows, 'window')}, neighbours sharing {count(settings.overlap, 'token')}"),
        ("Batches", f"{count(plan.token_budget, 'token')} at most, padding included; {'padded' if plan.pads else 'texts of one length together'}"),
        ("Chunks", f"{count(settings.chunk_rows, 'row')} each"),
        ("Vocabulary", f"at most {count(settings.vocabulary, 'word')} by class and outcome"),
        ("Machine", f"{manifest.device}, {manifest.dtype}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())),
        ("Format", f"{SCHEMA} (core/corpus/SCHEMA.md)"),
    ))  # fmt: skip


def refused_rows(summary: Summary) -> Html:
    """The rows that could not be used, with their numbers and reasons."""
    if not summary.n_refused:
        return tag("p", f"Every one of the {count(summary.n_rows, 'row')} could be used.")
    lead = f"{count(summary.n_refused, 'row')} of {summary.n_rows:,} could not be used; the others were not touched by that."
    left = summary.n_refused - len(summary.refusals)
    rest = note(f"And {count(left, 'more row')}, which the chunk files name.") if left > 0 else ""
    return join(tag("p", lead), table(["row", "why"], ([f"{number:,}", reason] for number, reason in summary.refusals), 2), rest)
