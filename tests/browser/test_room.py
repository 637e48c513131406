"""Several sessions of the real application at once, without a browser."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.room import fill_room


def test_every_session_gets_the_answer_to_its_own_text(server):
    """Six sessions with two texts each, all asking at once; `fill_room` refuses an answer about another text."""
    with ThreadPoolExecutor(1) as thread:  # Playwright's event loop may be running in this one
        _, answers = thread.submit(asyncio.run, fill_room(server, n_sessions=6, n_questions=2)).result(300)
    assert len(answers) == 12
