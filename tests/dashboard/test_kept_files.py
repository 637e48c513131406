"""How long a file stays that was made on a press, and how long a button can make one."""

import importlib
from types import SimpleNamespace

import pytest
from streamlit.runtime import app_session, runtime
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.scriptrunner_utils import script_run_context

from dashboard import app, kept_files
from dashboard.kept_answers import AnsweringQueue
from dashboard.kept_files import KEPT, MOST_BUTTONS, KeptFiles


class Server:
    """The files of a server on which runs begin and end one by one."""

    def __init__(self, monkeypatch):
        self.storage, self.now, self.run = MemoryMediaFileStorage("/media"), 0.0, None
        self.files = KeptFiles(self.storage)
        monkeypatch.setattr(kept_files, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(script_run_context, "get_script_run_ctx", lambda: self.run)

    def begin(self, session: str, *contents: bytes) -> tuple[object, list[str]]:
        """A run of the page that draws a button for each: the run, and the buttons' numbers."""
        self.run = Run(session)
        self.files.clear_session_refs()
        buttons = [self.files.add_deferred(lambda made=made: made, "text/csv", str(place)) for place, made in enumerate(contents)]
        return self.run, buttons

    def end(self, run: object) -> None:
        self.run = run
        self.files.remove_orphaned_files()
        self.run = None

    def runs(self, n: int) -> None:
        """Somebody else's, from beginning to end."""
        for _ in range(n):
            self.end(self.begin("somebody else")[0])

    def has(self, url: str) -> bool:
        try:
            return bool(self.storage.get_file(url.removeprefix("/media/")))
        except MediaFileStorageError:
            return False


class Run:
    """What Streamlit knows of a run: whose it is."""

    def __init__(self, session: str):
        self.session_id = session


@pytest.fixture
def server(monkeypatch) -> Server:
    return Server(monkeypatch)


def test_a_file_that_was_made_stays_for_a_minute_whoever_works(server):
    run, (button,) = server.begin("one", b"a,b")
    server.end(run)
    url = server.files.execute_deferred(button)
    server.runs(3)
    server.now = KEPT - 1
    server.runs(3)
    assert server.has(url)
    server.now = KEPT + 1
    server.runs(2)
    assert not server.has(url)


def test_a_file_that_is_made_again_stays_for_another_minute(server):
    run, (button,) = server.begin("one", b"a,b")
    server.end(run)
    url = server.files.execute_deferred(button)
    server.runs(1)
    server.now = KEPT - 1
    assert server.files.execute_deferred(button) == url
    server.runs(1)
    server.now = 2 * KEPT - 2
    server.runs(3)
    assert server.has(url)


def test_of_more_than_there_is_room_for_the_newest_stay(server, monkeypatch):
    monkeypatch.setattr(kept_files, "MOST_BYTES", 10)
    run, buttons = server.begin("one", b"1" * 6, b"2" * 6, b"3" * 6, b"4" * 60)
    server.end(run)
    urls = []
    for button in buttons:
        server.now += 1
        urls.append(server.files.execute_deferred(button))
        server.runs(2)
    assert [server.has(url) for url in urls] == [False, False, False, True]
    server.now += 1
    urls.append(server.files.execute_deferred(buttons[0]))
    server.runs(2)
    assert [server.has(url) for url in urls] == [True, False, False, True, True]  # the small one that came last, and the one that it found too large


def test_a_button_works_for_a_minute_after_it_was_drawn_anew(server):
    run, (button,) = server.begin("one", b"a,b")
    server.end(run)
    run, (newer,) = server.begin("one", b"c,d")
    server.runs(3)
    server.end(run)
    server.now = KEPT - 1
    server.runs(1)
    assert server.has(server.files.execute_deferred(button))
    server.now = KEPT + 1
    server.runs(1)
    with pytest.raises(MediaFileStorageError, match="not found"):
        server.files.execute_deferred(button)
    assert server.has(server.files.execute_deferred(newer)), "the page shows it"


def test_of_many_buttons_drawn_anew_a_session_s_newest_work(server):
    server.end(server.begin("another", b"1,2")[0])
    _, (others,) = server.begin("another", b"3,4")
    _, buttons = server.begin("one", *(b"%d" % number for number in range(MOST_BUTTONS + 3)))
    server.begin("one")
    server.begin("another")
    server.runs(1)
    for button in (others, *buttons[3:]):
        assert server.has(server.files.execute_deferred(button))
    for button in buttons[:3]:
        with pytest.raises(MediaFileStorageError, match="not found"):
            server.files.execute_deferred(button)


def test_of_who_leaves_nothing_stays_but_a_file_on_its_way(server):
    run, (button,) = server.begin("one", b"a,b")
    server.end(run)
    server.begin("one", b"c,d")
    url = server.files.execute_deferred(button)
    server.run = None
    server.files.clear_session_refs("one")
    server.files.remove_orphaned_files()
    assert server.has(url) and not server.files._files_by_session_and_coord and not server.files._deferred_callables
    server.now = KEPT + 1
    server.files.remove_orphaned_files()
    server.files.remove_orphaned_files()
    assert not server.has(url) and not server.files._file_metadata
    assert not server.files._left and not server.files._drawn_anew


def test_streamlit_s_server_keeps_files_so(monkeypatch):
    """As Streamlit makes its server: by the name that `keep` replaces."""
    monkeypatch.setattr(runtime, "MediaFileManager", MediaFileManager)
    kept_files.keep()
    begin = runtime.Runtime.__init__
    assert "MediaFileManager" in begin.__code__.co_names, "Streamlit makes its server another way now."
    assert begin.__globals__["MediaFileManager"] is KeptFiles
    asked = {"_get_inactive_file_ids", "_remove_orphaned_deferred_callables"}
    assert asked <= set(MediaFileManager.remove_orphaned_files.__code__.co_names), "Streamlit asks another way what may go."


def test_the_launcher_begins_with_what_is_kept(monkeypatch):
    monkeypatch.setattr(runtime, "MediaFileManager", MediaFileManager)
    monkeypatch.setattr(app_session, "ForwardMsgQueue", ForwardMsgQueue)
    importlib.reload(app)
    assert runtime.MediaFileManager is KeptFiles and app_session.ForwardMsgQueue is AnsweringQueue
