"""Garbage is collected by the clock.

Streamlit would do it after every run of a page (`runner.postScriptGC`, off in .streamlit/config.toml), with everybody else standing still:
with 64 people, a third of the time and 0.1 s each. What Python does by itself goes by the number of objects, and leaves large files
lie that belonged to few; hence the clock. Files that were made for somebody go by it too, as no run may follow the last.
"""

import asyncio
import gc

from streamlit import runtime

from core import heap

EVERY = 5.0  # seconds


async def collect_regularly() -> None:
    """Collect every now and then and give back what is free, until cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        gc.collect()  # here: no thread would let the others go on meanwhile
        runtime.get_instance().media_file_mgr.remove_orphaned_files()
        heap.trim()
