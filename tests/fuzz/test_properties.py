"""The same promises on inputs that hypothesis makes up: whole values where the fuzzer changes bytes. Always the same ones."""

import json
from math import isfinite
from urllib.parse import urlencode

import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.proto.BackMsg_pb2 import BackMsg

from core.calibration import CALIBRATED, REMOVALS, RULES, Calibration
from core.calibration import from_json as read_calibrations
from core.calibration import to_json as write_calibrations
from core.config_check import ATTENTION_KEYS, CODE_KEYS, MOST, REDIRECTING_KEYS, check_config, check_size
from core.errors import ModelError, ReportError
from core.export import from_json, to_json
from dashboard.message_gate import is_heard
from tests.dashboard.reports import make_report
from tests.fuzz import links, messages, reports, tokens, words
from tests.fuzz.checks import REFUSED, refused_or

SAME = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(codec=None), max_size=40) | st.text(
    "a1 '’.\n\t\r\0<>&\"\u202e\u200d\ud800\u0301ก映🇩😀\xa0\x1c", max_size=40
)
STORABLE = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | STORABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STORABLE, inner, max_size=4),
    max_leaves=6,
)


@settings(SAME, max_examples=150)
@given(TEXTS, st.lists(st.integers(0, 255), max_size=20))
def test_any_text_cut_anywhere_becomes_words_and_html(text, numbers):
    words.target(text.encode("utf-8", "surrogatepass") + bytes(numbers) + bytes([len(numbers)]))
    words.check_markup(text, words.np.zeros((0, 2), int), words.np.zeros(0))


@settings(SAME, max_examples=40)
@given(TEXTS, st.none() | TEXTS, st.sampled_from(tokens.KINDS), st.sampled_from(tokens.CHOICES))
def test_any_text_is_read_by_any_tokenizer_or_refused(text, pair, kind, choice):
    reading = refused_or(tokens.TextError, tokens.tokenize_windows, tokens._classifier(kind), text, choice, pair)
    if reading is not REFUSED:
        tokens.check_reading(reading, tokens.Query(kind, text, text_pair=pair))


@settings(SAME, max_examples=25)
@given(TEXTS.filter(str.strip), st.none() | TEXTS.filter(str.strip), st.lists(TEXTS, min_size=2, max_size=3, unique=True))
def test_a_report_of_any_text_and_labels_is_kept_and_shown(text, pair, labels):
    report = make_report(text, 2, tuple(labels), text_pair=pair)
    reports.check_report(from_json(to_json(report)))


def _sent(**one: object) -> bytes:
    return BackMsg(**one).SerializeToString()


FORBIDDEN = ("clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime", "debug_disconnect_websocket")
PARTS = st.binary(max_size=12) | st.sampled_from(
    [*(_sent(**{name: True}) for name in FORBIDDEN), _sent(stop_script=True), _sent(app_heartbeat=True), _sent(rerun_script={"query_string": "a"}),
     _sent(backend_operation_request={"install_skills": {}}), _sent(backend_operation_request={"deferred_file": {}})]
)  # fmt: skip


@settings(SAME, max_examples=400)
@given(st.lists(PARTS, max_size=4).map(b"".join))
def test_no_bytes_of_a_browser_ask_for_more_than_pages_do(sent):
    """What Streamlit would make of any bytes that are let through: no message, or one of those that pages send."""
    heard, message = is_heard(sent), BackMsg()
    assert type(heard) is bool
    try:
        message.ParseFromString(sent)
    except DecodeError:
        return
    if heard:
        assert message.WhichOneof("type") not in (None, *FORBIDDEN)
        assert not message.backend_operation_request.HasField("install_skills")


ADDRESSES = st.dictionaries(
    st.sampled_from(["model", "text", "text2", "layer", "word", "class", "against", "method", "removal", "closer", "step", "example", "run"]) | STORABLE,
    STORABLE | st.sampled_from(["0", "1", "3", "999", "-1", "²", "٣", "1e2", "sentiment", "nli", "lime", "mask", "positive", "../.."]),
)  # fmt: skip


@settings(SAME, max_examples=80)
@given(ADDRESSES)
def test_any_address_begins_a_session_and_its_links_lead_back(address):
    links.target(urlencode(address).encode())


@settings(SAME, max_examples=80)
@given(VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys(("layer", "word", "class", "points", "customdata"), VALUES)))
def test_a_browser_may_send_anything(sent):
    messages.target(json.dumps(sent).encode())


FIGURES = st.floats(-1, 1)


@st.composite
def calibrations(draw) -> Calibration:
    """One that holds together."""
    phi = tuple(draw(st.lists(FIGURES, min_size=1, max_size=5)))
    layer = phi.index(max(phi))
    ends = (tuple(draw(st.lists(FIGURES, min_size=len(phi), max_size=len(phi)))) for _ in range(2))
    ties = tuple(sorted(draw(st.sets(st.integers(0, len(phi) - 1))) - {layer}))
    names, chosen = (draw(TEXTS) for _ in range(3)), (draw(st.sampled_from(sorted(options))) for options in (CALIBRATED, RULES))
    return Calibration(
        *names,
        *chosen,
        layer,
        phi,
        *ends,
        ties,
        draw(FIGURES),
        draw(st.integers(1, 10**6)),
        draw(st.sampled_from(sorted(REMOVALS))),
        draw(TEXTS),
    )


@settings(SAME, max_examples=60)
@given(st.lists(calibrations(), max_size=3))
def test_calibrations_are_read_as_they_were_written(made):
    assert read_calibrations(write_calibrations(made)) == tuple(made)


KEYS = st.sampled_from([*MOST, *CODE_KEYS, *ATTENTION_KEYS, *REDIRECTING_KEYS, "text_config"])
CONFIGS = st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=3), max_size=5)


@settings(SAME, max_examples=100)
@given(CONFIGS)
def test_any_config_is_let_through_or_refused_in_a_sentence(tmp_path_factory, config):
    file = tmp_path_factory.getbasetemp() / "config.json"
    file.write_text(json.dumps(config))
    for check in (lambda: check_config(file, "c"), lambda: check_size(file, "c", 1_000)):
        refused_or(ModelError, check)


@settings(SAME, max_examples=60)
@given(CONFIGS, st.sampled_from(CODE_KEYS), st.integers(0, 20), st.booleans(), VALUES.filter(bool))
def test_a_config_that_asks_for_code_at_any_depth_is_refused(tmp_path_factory, config, key, depth, in_lists, wanted):
    asking = config | {key: wanted}
    for _ in range(depth):
        asking = {"inner": [asking] if in_lists else asking}
    file = tmp_path_factory.getbasetemp() / "config.json"
    file.write_text(json.dumps(asking))
    with pytest.raises(ModelError):
        check_config(file, "c")


@pytest.mark.parametrize(
    "path", [("maps", "decoded", "notes"), ("coherence", "content_share", "name"), ("layer_outputs",), ("schema",)]
)
def test_a_report_that_nests_as_deep_as_json_is_read_is_refused_in_a_sentence(path):
    state = json.loads(to_json(make_report(n_states=2), indent=None))
    part = state
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = "HERE"
    written = json.dumps(state)
    for depth in range(930, 1_000):  # where reading succeeds and what follows has no room left depends on how deep the caller is
        with pytest.raises(ReportError):
            from_json(written.replace('"HERE"', "[" * depth + "1" + "]" * depth))


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_figures_of_a_calibration_are_numbers(name):
    made = Calibration("m", "r", "", "undecoded", "target", 0, (0.5,), (0.1,), (0.9,), (), 0.0, 3, "mask", "")
    assert isfinite(made.random)
    with pytest.raises(ReportError):
        read_calibrations(write_calibrations([made]).replace('"random": 0.0', f'"random": {name}'))
