"""The figures of the study as RESULTS.md: tables alone, computed from the files that `study` wrote; no sentence draws a conclusion."""

import json
import platform
from pathlib import Path

from core.cards import WALL
from core.plausibility import eraser_iou_f1
from core.tally import differences, tally
from tests.benchmarks.faithfulness.study import CHANCE, EVERY, NOT_RUN, PARTS, RARE

TITLES = {"sst2": "SST-2 dev", "agnews": "AG News test", "eraser": "ERASER movies"}
LABELS = {
    "integrated_mask 20": "integrated gradients, [MASK], 20 steps",
    "integrated_mask 50": "integrated gradients, [MASK], 50 steps",
    "integrated_pad 20": "integrated gradients, [PAD], 20 steps",
    "integrated_zero 20": "integrated gradients, zero, 20 steps",
    "lime 200": "LIME, 200 samples, 1 seed",
}
SAMPLED = {name: f"{WALL[name].label}, 200 samples" for name in ("kernel_shap", "ridge_shap", "partition_shap")}
PAIRS = (
    ("decoded", ("input_gradient_norm", "input_x_gradient", "attention_rollout", "attention_last", "attention_relevance", "undecoded")),
    ("faithful", ("integrated_mask 20", "integrated_mask 50", "partition_shap", "ridge_shap", "path")),
    ("refined", ("faithful", "accurate", "integrated_mask 50", "partition_shap", "ridge_shap")),
    ("accurate", ("integrated_mask 50", "partition_shap", "ridge_shap", "faithful")),
)
"""Methods, and those that each is compared with, text by text."""

INTRO = """# Faithfulness of every method

Made by `python -m tests.benchmarks.faithfulness table --out DIR` from the figures that `… PART… --data DATA --out DIR` measures on the data
named below, none of which comes with the project. φ = mean probability of the predicted class with only the top 5, 10, 20, 30, 50 % of the
words shown − the same with them hidden (METHOD 8); higher is better, and Random is the floor. The predicted class is explained, not the
label. Explanations are computed once, with [MASK] as the operator of the methods that hide words; the games are played with the
words replaced by [MASK] and with the words left out. Signed methods rank by raw value; φ by magnitude stands apart. In brackets: 95 %
bootstrap intervals over texts. A layer method is shown at the layer that its calibration recommends. Rows: forward alone + forward
and backward. “× one pass”: seconds as a multiple of one forward and backward pass of the same text, median over texts, by itself
with nothing remembered from other methods; the methods that are read off the one pass are charged for reading all of them, the
decoding included. The machine was shared with other work, so that small differences mean nothing."""


def write_table(out: Path, target: Path) -> None:
    """RESULTS.md from the parts of the study that lie in `out`, finished or not: every table says its number of texts."""
    parts = {name: records for name in PARTS if (records := read_records(out / f"{name}.json"))}
    tallies = {name: tally(records) for name, records in parts.items()}
    games = {name: tallies[name] for name in ("sst2", "agnews") if name in tallies}
    marks = {name: tallies[name] for name in ("sst2", "eraser") if name in tallies}
    blocks = [INTRO, describe(tallies), "## Faithfulness and cost", table_faithfulness(games)]
    blocks += ["## Differences, text by text", table_differences({name: parts[name] for name in games})]
    blocks += ["## By layer", *(table_layers(name, found) for name, found in games.items())]
    blocks += ["## Other figures of the games", *(table_games(name, found) for name, found in games.items())]
    blocks += ["## Agreement with people", table_plausibility(marks, parts)]
    blocks += ["## Steadiness over 5 seeds", table_stability({name: found for name, found in tallies.items() if name.endswith("-seeds")})]
    target.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def read_records(path: Path) -> list[dict]:
    """The records of a part, of a run that is still under way, too; none where it never began."""
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))["records"]
    partial = path.with_name(path.name + ".partial")
    lines = partial.read_text(encoding="utf-8").split("\n")[1:-1] if partial.exists() else []
    return [json.loads(line) for line in lines]


def describe(tallies: dict[str, dict]) -> str:
    """What was measured, and on what."""
    rows = [
        (name, PARTS[name].model, found["texts"], f"{found['accuracy']['mean']:.3f}", f"{found['words']['mean']:.0f}", f"{found['tokens']['mean']:.0f}",
         f"{1000 * found['pass_seconds']:.0f} ms")
        for name, found in tallies.items()
    ]  # fmt: skip
    rare = ", ".join(map(label_of, RARE))
    notes = (
        f"To save hours, {rare} ran on one text of {EVERY}, chosen by the text's seed; {' and '.join(map(label_of, NOT_RUN))} did not run. "
        "The means of those on fewer texts are over other texts than the rest; their intervals say how far that matters. "
        f"One process, one thread; Python {platform.python_version()}."
    )
    return markdown(("part", "model", "texts", "accuracy", "mean words", "mean tokens", "one pass, median"), rows) + "\n\n" + notes


def table_faithfulness(tallies: dict[str, dict]) -> str:
    """One row a method, the highest mean φ first."""
    columns = [(name, how) for name in tallies for how in PARTS[name].removals]
    head = ["method", "rows", *(f"× one pass, {TITLES[name]}" for name in tallies), "texts", *(f"φ {TITLES[name]}, {how}" for name, how in columns)]
    rows = []
    for method in ranked(tallies):
        found = {name: made["methods"][method] for name, made in tallies.items()}
        first = next(iter(found.values()))
        phi = [told(found[name]["games"][how]["faithfulness"]) for name, how in columns]
        texts = " / ".join(str(row["texts"]) for row in found.values())
        rows.append((label_of(method), told_rows(first), *(f"{row['passes']['median']:.1f}" for row in found.values()), texts, *phi))
    return markdown(head, rows)


def table_differences(parts: dict[str, list[dict]]) -> str:
    """φ of one method − φ of another on the same texts; bold where the interval lies on one side of 0."""
    columns = [(name, how) for name in parts for how in PARTS[name].removals]
    rows = []
    for one, others in PAIRS:
        for other in others:
            cells = [differences(parts[name], one, other).get(how) for name, how in columns]
            rows.append((f"{label_of(one)} − {label_of(other)}", *(told(cell, is_difference=True) for cell in cells)))
    return markdown(["difference of φ", *(f"{TITLES[name]}, {how}" for name, how in columns)], rows)


def table_layers(name: str, found: dict) -> str:
    """φ at every layer state under [MASK] and with words left out; the layers that were shown, with the number of texts."""
    with_layers = {method: row for method, row in found["methods"].items() if row["texts"] and row["games"]["mask"]["layers"]}
    n_layers = max(len(row["games"]["mask"]["layers"]["mean"]) for row in with_layers.values())
    rows = [
        (label_of(method), how, ", ".join(f"{layer} ({n})" for layer, n in row["layers_shown"].items()),
         *(f"{value:.3f}" for value in row["games"][how]["layers"]["mean"]))
        for method, row in with_layers.items() for how in row["games"] if row["games"][how]["layers"]
    ]  # fmt: skip
    head = ("φ by layer, " + TITLES[name], "words", "layer shown (texts)", "embedding", *map(str, range(1, n_layers)))
    return markdown(head, rows)


def table_games(name: str, found: dict) -> str:
    """Comprehensiveness, sufficiency, areas, τ and φ by magnitude under [MASK]."""
    figures = ("comprehensiveness", "sufficiency", "hide_area", "reveal_area", "leave_one_out", "faithfulness_by_magnitude")
    rows = []
    for method in ranked({name: found}):
        game = found["methods"][method]["games"]["mask"]
        rows.append((label_of(method), *("–" if game[figure] is None else f"{game[figure]['mean']:.3f}" for figure in figures)))
    head = (f"{TITLES[name]}, [MASK]", "comprehensiveness", "sufficiency", "area hiding", "area revealing", "τ with leave-one-out", "φ by magnitude")
    return markdown(head, rows)


def table_plausibility(tallies: dict[str, dict], parts: dict[str, list[dict]]) -> str:
    """Words that people marked as speaking for the predicted class against the ranking; texts in which they marked none left out."""
    names = list(tallies)
    head = ["method"]
    head += [f"{figure}, {TITLES[name]}" for name in names for figure in ("texts", "AUROC", "AUPRC", "token F1", "token IOU", "IOU F1")]
    rows = []
    for method in ranked({names[0]: tallies[names[0]]}, figure="auroc") if names else ():
        cells = []
        for name in names:
            found = tallies[name]["methods"].get(method, {}).get("plausibility")
            if not found:
                cells += ["0", *"–––––"]
                continue
            texts = [row["plausibility"] for record in parts[name] if (row := record.get("methods", {}).get(method)) and row["plausibility"]]
            hard = [found["token_f1"]["mean"], found["token_iou"]["mean"], eraser_iou_f1(texts)]
            cells += [str(len(texts)), told(found["auroc"]), told(found["auprc"]), *(f"{value:.3f}" for value in hard)]
        rows.append((label_of(method), *cells))
    return markdown(head, rows)


def table_stability(tallies: dict[str, dict]) -> str:
    """How far 5 seeds agree on a text."""
    titles = {name: TITLES[name.removesuffix("-seeds")] for name in tallies}
    head = ["method", *(f"{what}, {title}" for title in titles.values() for what in ("same top word", "top fifth shared", "Spearman's ρ"))]
    rows = []
    for method in CHANCE if tallies else ():
        found = [made["methods"][method]["stability"] for made in tallies.values()]
        rows.append((label_of(method), *(told(row[figure]) for row in found for figure in ("same_top", "top_overlap", "spearman"))))
    return markdown(head, rows)


def ranked(tallies: dict[str, dict], figure: str = "faithfulness") -> list[str]:
    """Methods that every tally has, the highest mean first: of φ under [MASK], or of a figure of plausibility."""
    first = next(iter(tallies.values()), {"methods": {}})["methods"]
    methods = [name for name in first if all(made["methods"].get(name, {}).get("texts") for made in tallies.values())]

    def mean(name: str) -> float:
        rows = [made["methods"][name] for made in tallies.values()]
        found = [row["games"]["mask"][figure] if figure == "faithfulness" else (row["plausibility"] or {}).get(figure) for row in rows]
        return sum(-1.0 if value is None else value["mean"] for value in found)

    return sorted(methods, key=mean, reverse=True)


def label_of(method: str) -> str:
    """Name in the tables."""
    return LABELS.get(method) or SAMPLED.get(method) or WALL[method].label


def told_rows(row: dict) -> str:
    """Rows of forward passes + of forward and backward passes, means over texts."""
    return f"{row['forwards']['mean']:.0f} + {row['backwards']['mean']:.0f}"


def told(interval: dict | None, is_difference: bool = False) -> str:
    """`.478 [.440, .516]`; of a difference with its sign, bold where the interval lies on one side of 0."""
    if interval is None:
        return "–"
    sign = "+" if is_difference else ""
    if interval["low"] is None:
        return f"{interval['mean']:{sign}.3f}"
    line = f"{interval['mean']:{sign}.3f} [{interval['low']:{sign}.3f}, {interval['high']:{sign}.3f}]"
    return f"**{line}**" if is_difference and (interval["low"] > 0 or interval["high"] < 0) else line


def markdown(head: tuple | list, rows: list) -> str:
    """A table in GitHub's markdown, the first column left, the others right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
