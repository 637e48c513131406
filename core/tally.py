"""Records of many texts → the mean of every figure with its 95 % interval, and differences between methods. numpy and `str`."""

from typing import Any

import numpy as np

from core.bootstrap import Interval, mean_interval, paired_difference

COSTS = ("forwards", "backwards", "seconds", "passes")
FIGURES = ("faithfulness", "comprehensiveness", "sufficiency", "hide_area", "reveal_area")
CURVES = ("hide", "reveal", "hide_kept", "reveal_kept")
"""What is kept of a `Game`: numbers, and one number for each share of the words."""
GAMES = (*FIGURES, "faithfulness_by_magnitude", "leave_one_out", *CURVES)
"""What is summed up of it, if there: τ needs a reference, magnitude a method with signs, labels kept a head with labels."""


def tally(records: list[dict[str, Any]], reference: str | None = None) -> dict[str, Any]:
    """What `evaluate.measure_text` found on many texts, summed up: overall, by method, and against a reference method."""
    read = [record for record in records if "methods" in record]
    names = list(dict.fromkeys(name for record in read for name in (*record["methods"], *record["refusals"])))
    summary = {
        "texts": len(read),
        "unusable": {str(record["row"]): record["unusable"] for record in records if "unusable" in record},
        "accuracy": _interval([record["correct"] for record in read]),
        "words": _interval([record["words"] for record in read]),
        "tokens": _interval([record["tokens"] for record in read]),
        "pass_seconds": _median([record["pass_seconds"] for record in read]),
        "methods": {name: _tally_method(read, name) for name in names},
    }
    if reference is not None and reference in names:
        summary["reference"] = reference
        summary["differences"] = {name: differences(read, name, reference) for name in names if name != reference}
    return summary


def differences(records: list[dict[str, Any]], one: str, other: str) -> dict[str, dict[str, Any] | None]:
    """Way of hiding → the mean of φ(one) − φ(other) over the texts that both could serve, text by text; None where there are none."""
    both = [record["methods"] for record in records if {one, other} <= record.get("methods", {}).keys()]
    found: dict[str, dict[str, Any] | None] = {}
    for how in both[0][one]["games"] if both else ():
        mine, others = ([methods[name]["games"][how]["faithfulness"] for methods in both] for name in (one, other))
        found[how] = _plain(paired_difference(mine, others))
    return found


def _tally_method(records: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """One method over the texts that it could serve."""
    rows = [record["methods"][name] for record in records if name in record["methods"]]
    refusals = [record["refusals"][name] for record in records if name in record["refusals"]]
    found: dict[str, Any] = {"texts": len(rows), "refused": len(refusals), "refusal": refusals[0] if refusals else None}
    if not rows:
        return found
    found |= {"method": rows[0]["method"]} | {cost: _interval([row[cost] for row in rows]) for cost in COSTS}
    found["passes"] = {"median": _median([row["passes"] for row in rows])} | found["passes"]  # a shared machine has outliers
    layers = [row["layer"] for row in rows if row["layer"] is not None]
    found["layers_shown"] = {str(layer): layers.count(layer) for layer in sorted(set(layers))}
    found["games"] = {how: _tally_games([row["games"][how] for row in rows]) for how in rows[0]["games"]}
    for part in ("plausibility", "stability", "qualities"):
        there = [row[part] for row in rows if row[part]]
        keys = list(dict.fromkeys(key for row in there for key in row))
        found[part] = {key: _interval([row.get(key) for row in there]) for key in keys} or None
    return found


def _tally_games(games: list[dict[str, Any]]) -> dict[str, Any]:
    found = {figure: _interval([game[figure] for game in games]) for figure in GAMES}
    return found | {"layers": _interval([game["layers"] for game in games]) if games[0]["layers"] else None}


def _interval(values: list[Any]) -> dict[str, Any] | None:
    """The interval over those texts that have the figure; None where none has."""
    there = [value for value in values if value is not None]
    return _plain(mean_interval(there)) if there else None


def _plain(interval: Interval) -> dict[str, Any]:
    """Numbers or lists; `low` and `high` are None with one text."""
    def plain(value: np.ndarray) -> float | list[Any] | None:
        return np.asarray(value).tolist() if np.isfinite(value).all() else None

    return {"mean": plain(interval.mean), "low": plain(interval.low), "high": plain(interval.high), "n": interval.n}


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None
