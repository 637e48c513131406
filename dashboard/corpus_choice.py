"""What a session chose on the Corpus page: the files that lie there, and the run that is shown."""

import streamlit as st

from core.catalog import CATALOG
from core.corpus.records import RunSettings
from core.errors import SaliencyError
from core.model_spec import ModelSpec
from core.tables.format import Format
from core.tables.texts import Columns
from dashboard import corpus_runs, model_choice, run_folders, session, upload_gate, uploads
from dashboard.run_state import Order, RunState
from dashboard.uploads import Upload

RUN = "run"  # in the address
CHUNKS, FEWEST_ROWS, MOST_ROWS = 20, 32, 512  # a stop loses one chunk at most; larger ones are read faster
FAITHFULNESS_SAMPLE = 30  # rows: each takes as long as some hundred others
MOST_LISTED = 10  # runs of this session


# --- the page ---


def settle() -> None:
    """Before any widget is drawn: start values, and the run that the address names."""
    state = st.session_state
    if "corpus_files" not in state:
        state.update(corpus_files=(), corpus_round=0, corpus_refused=(), corpus_file=None, corpus_trouble="")
        state.update(corpus_run=None, corpus_runs=(), corpus_linked=None)
    asked = st.query_params.get(RUN)
    if asked and asked != state.corpus_linked:
        open_run(asked)
    if state.corpus_file not in state.corpus_files:
        state.corpus_file = state.corpus_files[0] if state.corpus_files else None


def write_link() -> None:
    """Put the run into the address, or else the model that is to read a file."""
    state = st.session_state
    link = {RUN: state.corpus_run} if state.corpus_run else {"model": state.shown} if state.shown in CATALOG else {}
    state.corpus_linked = state.corpus_run
    if dict(st.query_params) != link:
        st.query_params.from_dict(link)


def trouble() -> str:
    """Why what was asked for last could not be done; empty where it could."""
    return st.session_state.corpus_trouble


# --- files ---


def files() -> tuple[Upload, ...]:
    """The files that lie here."""
    return st.session_state.corpus_files


def file_in_use() -> Upload | None:
    """The file whose columns are chosen."""
    return st.session_state.corpus_file


def refused() -> tuple[tuple[str, str], ...]:
    """(name, why not) of the files that were dropped last and can't be read."""
    return st.session_state.corpus_refused


def widget_key(name: str) -> str:
    """Key of a widget that starts anew when files have been taken: an empty drop zone keeps no second copy of them."""
    return f"corpus-{name}-{st.session_state.corpus_round}"


def take_dropped() -> None:
    """Files were dropped."""
    dropped = st.session_state.get(widget_key("drop")) or ()
    try:
        _take([(file.name, file.getvalue()) for file in dropped])
    finally:
        upload_gate.let_go(dropped)


def take_pasted() -> None:
    """The box of pasted rows was sent; what can't be used stays in it."""
    try:
        _lay(uploads.paste(st.session_state.get(widget_key("paste")) or "", files()))
    except SaliencyError as error:
        st.session_state.corpus_refused = ((uploads.PASTED, str(error)),)
    else:
        _empty_boxes()


def take_examples(spec: ModelSpec) -> None:
    """Use the model's example sentences as a file."""
    try:
        _lay(uploads.example_file(spec, files()))
    except SaliencyError as error:
        st.session_state.corpus_refused = ((uploads.EXAMPLES, str(error)),)
    else:
        _empty_boxes()


def choose_file(upload: Upload) -> None:
    """Choose the columns of this one."""
    st.session_state.corpus_file = upload


def pick_file() -> None:
    """The list of files was clicked."""
    choose_file(next((upload for upload in files() if upload.fingerprint == st.session_state.get("corpus-pick")), file_in_use()))


def remove(upload: Upload) -> None:
    """Take a file away."""
    st.session_state.corpus_files = tuple(other for other in files() if other != upload)
    st.session_state.corpus_trouble = ""


def _take(dropped: list[tuple[str, bytes]]) -> None:
    refused = []
    for name, content in dropped:
        try:
            _lay(uploads.take(name, content, files()))
        except SaliencyError as error:
            refused.append((uploads.short(name), str(error)))
    _empty_boxes()
    st.session_state.corpus_refused = tuple(refused)


def _lay(upload: Upload) -> None:
    others = tuple(other for other in files() if other.fingerprint != upload.fingerprint)
    st.session_state.update(corpus_files=(*others, upload), corpus_file=upload, corpus_trouble="")


def _empty_boxes() -> None:
    st.session_state.update(corpus_round=st.session_state.corpus_round + 1, corpus_refused=())


# --- the run shown ---


def run_shown() -> str | None:
    """Name of the run that the page shows; None: it asks for a file. It may come from an address, and name nothing."""
    return st.session_state.corpus_run


def open_run(run_id: str) -> None:
    """Show a run."""
    st.session_state.update(corpus_run=run_id, corpus_trouble="")
    _remember(run_id)


def close_run() -> None:
    """Ask for a file again; the run goes on."""
    st.session_state.update(corpus_run=None, corpus_trouble="")
    st.query_params.pop(RUN, None)


def begin(upload: Upload, format: Format, columns: Columns, spec: ModelSpec, n_rows: int) -> None:
    """Start a run over a file of about so many rows; where that can't be, the file stays and the page says why."""
    settings = RunSettings(
        columns,
        format,
        chunk_rows=min(max(n_rows // CHUNKS, FEWEST_ROWS), MOST_ROWS),
        faithfulness_sample=FAITHFULNESS_SAMPLE if st.session_state.get("corpus-faithfulness") else 0,
    )
    order = Order(upload.name, spec.name, spec.label, spec.trust_pickle, settings)
    try:
        run_id = corpus_runs.runs().start(order, upload.source)
    except SaliencyError as error:
        st.session_state.corpus_trouble = str(error)
    else:
        remove(upload)
        open_run(run_id)


def stop(run_id: str) -> None:
    """Stop a run."""
    _ask(lambda: corpus_runs.runs().cancel(run_id))


def go_on(run_id: str) -> None:
    """Go on with a run."""
    _ask(lambda: corpus_runs.runs().resume(run_id))


def delete(run_id: str) -> None:
    """Delete a run, its file and its results."""
    if _ask(lambda: corpus_runs.runs().delete(run_id)):
        close_run()
        st.session_state.corpus_runs = tuple(other for other in st.session_state.corpus_runs if other != run_id)


def states() -> list[RunState]:
    """The runs that this session began or opened, the newest first; those that are gone left out."""
    found = []
    for run_id in st.session_state.corpus_runs:
        try:
            found.append(corpus_runs.runs().state(run_id))
        except run_folders.UnknownRun:
            continue
    return found


def _remember(run_id: str) -> None:
    others = (other for other in st.session_state.corpus_runs if other != run_id)
    st.session_state.corpus_runs = (run_id, *others)[:MOST_LISTED]


def _ask(what) -> bool:
    st.session_state.corpus_trouble = ""
    try:
        what()
    except SaliencyError as error:
        st.session_state.corpus_trouble = str(error)
        return False
    return True


def open_in_explore(state: RunState, text: str, second: str | None) -> None:
    """Put a row's text before the Explore page, and the run's model with it where this session may use it: in the next run."""
    st.session_state.corpus_carried = state.order.model, text, second


def put_down_carried() -> None:
    """Before any widget is drawn: what `open_in_explore` took along."""
    if (carried := st.session_state.pop("corpus_carried", None)) is None:
        return
    model, text, second = carried
    spec = model_choice.models().get(model)
    if spec is not None and spec != model_choice.in_use():
        model_choice.ask_for(spec)
    session.put_texts(text, second)  # after the change of models, which may put an example of its own there
