"""What people take away from the Compare page, and how long they are told to wait."""

import csv
import io
import json

import pytest

from core.cards import WALL
from core.comparison import FRACTIONS
from dashboard import compare_export, engine, ranking, wording
from dashboard.work import PACE_AFTER, Job
from tests.dashboard.comparisons import FAILS_SANITY, LAYER, REFUSAL, REFUSED, make_comparison, without


# --- files ------------------------------------------------------------
def read_table(comparison) -> list[dict]:
    return list(csv.DictReader(io.StringIO(compare_export.to_csv(comparison).decode("utf-8-sig"))))


def test_the_table_holds_every_score_and_figure():
    comparison = make_comparison()
    rows = {row["method"]: row for row in read_table(comparison)}
    assert list(rows) == ranking.in_order(comparison, "faithfulness")
    assert [float(rows["decoded"][word]) for word in comparison.words] == comparison.rows["decoded"].scores.tolist()
    assert float(rows["lime"]["faithfulness"]) == pytest.approx(0.55) and rows["lime"]["forward_rows"] == "200"
    assert float(rows["lime"]["faithfulness"]) == pytest.approx(
        float(rows["lime"]["comprehensiveness"]) - float(rows["lime"]["sufficiency"])
    )
    assert rows[REFUSED]["refused"] == REFUSAL and rows[REFUSED]["faithfulness"] == rows[REFUSED]["film"] == ""
    assert rows[FAILS_SANITY]["sanity"] == "failed" and rows["lime"]["sanity"] == "" and rows["decoded"]["layer"] == str(LAYER)


def test_no_cell_begins_a_formula():
    comparison = make_comparison("=cmd +1 -x @y fine", refusals={REFUSED: "=HYPERLINK(1)"})
    for line in csv.reader(io.StringIO(compare_export.to_csv(comparison).decode("utf-8-sig"))):
        risky = [cell for cell in line if cell[:1] in ("=", "+", "@", "\t") or (cell[:1] == "-" and not _is_number(cell))]
        assert not risky
    assert "'=" in compare_export.to_csv(comparison).decode("utf-8-sig").splitlines()[0]


def _is_number(cell: str) -> bool:
    try:
        return bool(float(cell)) or True
    except ValueError:
        return False


def test_the_json_holds_everything_but_answers_to_single_texts():
    comparison = make_comparison("A <script> \ud800 film")
    state = json.loads(compare_export.to_json(comparison))
    assert state["schema"] == compare_export.SCHEMA and "answers" not in state and state["words"][0] == "A"
    assert state["rows"]["lime"]["draws"] == comparison.rows["lime"].draws.tolist()
    assert state["games"]["lime"]["faithfulness"] == pytest.approx(0.55) and state["games"]["lime"]["fractions"] == list(
        FRACTIONS
    )
    assert len(state["layer_games"]["decoded"]) == 4 and state["refusals"] == {REFUSED: REFUSAL}
    assert state["sanity"][FAILS_SANITY]["passes"] is False and state["cards"]["lime"]["source"] == WALL["lime"].source


# --- time left ------------------------------------------------------------------------------------------------------
def test_the_time_left_follows_the_pace(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("dashboard.work.time.monotonic", lambda: now[0])
    job = Job()
    job.want("anna")
    now[0] += 30  # waiting for a turn is no pace
    job.want("anna")
    job.tell("Waiting", 0.0)
    assert job.seconds_left is None
    for _ in range(4):
        now[0] += 1
        job.want("anna")
        job.tell("Running", 0.1 * (now[0] - 130))
    assert now[0] - 130 > PACE_AFTER and job.seconds_left == pytest.approx(6)  # 0.4 in 4 s
    job.tell("Something else", 0.0)
    assert job.seconds_left is None


def test_progress_tells_the_time_left():
    assert wording.under_way("Running", None) == "Running"
    assert wording.under_way("Running", 6.4) == "Running · about 6 s left" and wording.under_way("Running", 0.1).endswith(
        "1 s left"
    )
    assert wording.under_way("Running", 150).endswith("about 2 min left")


# --- what people share ----------------------------------------------------------------------------------------------
def test_two_people_s_rows_on_one_example_are_united():
    everything = make_comparison()
    one, other = without(everything, "lime"), without(everything, "faithful")
    united = engine._united(one, other)
    assert set(united.rows) == set(united.games) == set(everything.rows)
