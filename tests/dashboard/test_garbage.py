"""Garbage goes by the clock, and not after every run of a page."""

import asyncio
import gc
import weakref
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from streamlit import config, runtime

from dashboard import app, garbage


class Cycle:
    """An object that refers to itself: only a collection finds it."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def quiet_launcher(monkeypatch):
    """Nothing but the clock collects, soon; and the launcher does nothing else."""
    monkeypatch.setattr(garbage, "EVERY", 0.01)
    monkeypatch.setattr(app, "warm_up", lambda: None)
    monkeypatch.setattr(app.log_lines, "leave_words_out", lambda: None)
    files = Mock()
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=files))
    gc.disable()
    yield files
    gc.enable()


def test_streamlit_does_not_collect_after_every_run():
    assert config.get_option("runner.postScriptGC") is False


def test_the_launcher_collects_while_it_answers(quiet_launcher):
    async def serve() -> None:
        gone = asyncio.Event()
        reference = weakref.ref(Cycle(), lambda _: gone.set())
        assert reference() is not None, "it takes a collection"
        async with app.lifespan(None):
            await asyncio.wait_for(gone.wait(), 60)
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1, "no task outlives the server"

    asyncio.run(serve())


def test_files_that_nobody_needs_any_more_go_by_the_same_clock(quiet_launcher):
    async def serve() -> None:
        again = asyncio.Event()
        sweep = quiet_launcher.remove_orphaned_files
        sweep.side_effect = lambda: again.set() if sweep.call_count > 1 else None
        async with app.lifespan(None):
            await asyncio.wait_for(again.wait(), 60)

    asyncio.run(serve())
