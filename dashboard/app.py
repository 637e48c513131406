"""The launcher. From any folder: `streamlit run dashboard/app.py`, or `python dashboard/app.py`.

It answers only when the first visitor need not wait: libraries imported, the first model loaded and tried.
"""

import asyncio
import gc
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # so that `core` and `dashboard` import from any folder; the only file that may do this
    sys.path.insert(0, str(ROOT))
# A waiting thread that sleeps, not spins, leaves its core to the browser; it is read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware

from core import heap
from dashboard import garbage, kept_answers, kept_files, log_lines, one_lock
from dashboard.first_paint import FirstPaint
from dashboard.headers import HostCheck, SecurityHeaders
from dashboard.message_gate import MessageGate
from dashboard.sign_in import Door
from dashboard.upload_gate import UploadGate


def warm_up() -> None:
    """Import what is heavy, load the first model and run it once."""
    import plotly.graph_objects  # noqa: F401 — for the pages, which import it again

    from core.errors import SaliencyError
    from dashboard import corpus_runs, engine

    one_lock.share()
    try:
        engine.try_first_model()
    except SaliencyError as error:
        print(error, file=sys.stderr)  # the page will say it again, to whoever opens it
    corpus_runs.runs()  # those that were under way when the last server stopped go on, whether or not anybody comes
    # Whoever collects garbage would else walk all of torch each time (0.2 s).
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def lifespan(_):
    """Warm up before the first request is answered."""
    log_lines.leave_words_out()
    await anyio.to_thread.run_sync(warm_up)
    tidying = asyncio.create_task(garbage.collect_regularly())
    yield {}
    tidying.cancel()


heap.keep_few_arenas()  # before visitors bring threads
kept_files.keep()  # before Streamlit's server is made
kept_answers.keep()
middleware = [Middleware(kind) for kind in (SecurityHeaders, HostCheck, Door, UploadGate, MessageGate, FirstPaint)]  # the first is outermost
app = st.App(ROOT / "dashboard" / "main.py", lifespan=lifespan, middleware=middleware)

if __name__ == "__main__":
    app.run()
