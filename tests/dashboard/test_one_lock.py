"""Two runs of one session never touch what it remembers at once."""

import threading

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.state import SafeSessionState, SessionState

from dashboard import one_lock
from dashboard.one_lock import LockedOnce


def test_runs_of_one_session_share_a_lock_and_those_of_another_do_not():
    state, other = SessionState(), SessionState()
    one, two = LockedOnce(state, lambda: None), LockedOnce(state, lambda: None)
    third = LockedOnce(other, lambda: None)
    assert one._lock is two._lock is not third._lock
    one["text"] = "a"
    assert two["text"] == "a" and list(two.filtered_state) == ["text"]


def test_no_lock_outlives_the_runs_of_its_session():
    state = SessionState()
    one = LockedOnce(state, lambda: None)
    assert id(state) in one_lock._locks
    del one
    assert id(state) not in one_lock._locks


def test_a_run_waits_while_another_of_its_session_is_at_it():
    state, begun, done = SessionState(), threading.Event(), threading.Event()
    one, two = LockedOnce(state, lambda: None), LockedOnce(state, lambda: None)

    def write() -> None:
        begun.set()
        two["text"] = "b"
        done.set()

    with one._lock:
        writer = threading.Thread(target=write)
        writer.start()
        begun.wait(60)
        assert not done.wait(0.2) and "text" not in one
    writer.join(60)
    assert one["text"] == "b"


def test_streamlit_s_runs_are_made_so(monkeypatch):
    """As Streamlit makes them: by the name that `share` replaces."""
    monkeypatch.setattr(script_runner, "SafeSessionState", SafeSessionState)
    one_lock.share()
    begin = script_runner.ScriptRunner.__init__
    assert "SafeSessionState" in begin.__code__.co_names, "Streamlit makes its runs another way now."
    assert begin.__globals__["SafeSessionState"] is LockedOnce and issubclass(LockedOnce, SafeSessionState)
