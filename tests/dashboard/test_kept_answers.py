"""No answer is lost when a run of the page begins."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from dashboard import kept_answers
from dashboard.kept_answers import AnsweringQueue

ANSWERS = ["backend_operation_response", "file_urls_response"]  # as a browser waits for them, whatever the code has listed


def message(kind: str) -> ForwardMsg:
    """An empty one of this kind."""
    made = ForwardMsg()
    if kind == "script_finished":
        made.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    else:
        getattr(made, kind).SetInParent()
    return made


@pytest.fixture
def queue() -> AnsweringQueue:
    """With a little of everything."""
    queue = AnsweringQueue()
    for kind in ("delta", "script_finished", *ANSWERS):
        queue.enqueue(message(kind))
    return queue


@pytest.mark.parametrize("fragments", [None, ["one"]])
def test_when_a_run_begins_answers_stay_each_once_and_the_page_goes(queue, fragments):
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)
    kinds = [kept.WhichOneof("type") for kept in queue.flush()]
    assert all(kinds.count(answer) == 1 for answer in ANSWERS)
    assert ("delta" in kinds) is (fragments is not None), "beside a fragment the page stays"


def test_what_was_sent_is_not_sent_again(queue):
    assert len(queue.flush()) == 4
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()


def test_streamlit_itself_would_lose_them():
    """When this fails, Streamlit has mended it, and `kept_answers` can go."""
    plain = ForwardMsgQueue()
    plain.enqueue(message("backend_operation_response"))
    plain.clear(retain_lifecycle_msgs=True)
    assert plain.is_empty()


def test_streamlit_s_sessions_have_such_a_queue(monkeypatch):
    """As Streamlit makes them: by the name that `keep` replaces."""
    monkeypatch.setattr(app_session, "ForwardMsgQueue", ForwardMsgQueue)
    kept_answers.keep()
    begin = app_session.AppSession.__init__
    assert "ForwardMsgQueue" in begin.__code__.co_names, "Streamlit makes its sessions another way now."
    assert begin.__globals__["ForwardMsgQueue"] is AnsweringQueue
