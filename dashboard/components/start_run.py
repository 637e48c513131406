"""What the rows hold, what of them can't be used, and the button that begins."""

import streamlit as st

from core.labelled import match_labels
from core.model_spec import ModelSpec
from core.tables.format import Format
from core.tables.texts import Columns
from dashboard import cached, corpus_choice, corpus_wording, engine, session, uploads, wording
from dashboard.components import notice
from dashboard.uploads import Count, Upload


def show(upload: Upload, format: Format, columns: Columns, spec: ModelSpec) -> None:
    """Draw it. DataError for a file that breaks off."""
    about = "count", upload.fingerprint, format.as_dict(), columns.as_dict()
    count: Count = cached.drawing(about, lambda: uploads.count(upload, format, columns))
    st.caption(wording.plain(" ".join(filter(None, [f"{corpus_wording.counted(count)}.", corpus_wording.labels_found(count)]))))
    _show_unusable(count)
    facts = engine.recall_facts(spec)
    if facts is not None and count.n_labels and (unknown := _unknown(count, facts.labels)):
        notice.show(corpus_wording.labels_unmatched(unknown, facts.labels), "labels")
    lacks_pair = columns.text_pair is None and (spec.pair or (facts is not None and facts.expects_pair))
    if lacks_pair:
        notice.show(corpus_wording.PAIR_MISSING, "pair-missing")
    if corpus_choice.trouble():
        notice.show(corpus_choice.trouble(), "trouble")
    session.set_defaults(**{"corpus-faithfulness": True})
    said = corpus_wording.faithfulness(corpus_choice.FAITHFULNESS_SAMPLE)
    st.checkbox(said, key="corpus-faithfulness", help=corpus_wording.FAITHFULNESS_HELP, persist_state="session")
    with st.container(horizontal=True, vertical_alignment="center", key="start"):
        st.button(
            corpus_wording.start_button(count),
            type="primary",
            on_click=corpus_choice.begin,
            args=(upload, format, columns, spec, count.n_rows),
            disabled=lacks_pair or count.n_unusable == count.n_rows,
        )
        st.caption(wording.plain(corpus_wording.with_model(spec.label)), width="stretch")
    st.caption(corpus_wording.KEPT)


def _show_unusable(count: Count) -> None:
    if not count.unusable:
        return
    with st.expander(corpus_wording.UNUSABLE):
        st.text("\n".join(f"{corpus_wording.ROW} {number:,}: {reason}" for number, reason in count.unusable))
        if rest := corpus_wording.other_unusable(count):
            st.caption(rest)


def _unknown(count: Count, labels: tuple[str, ...]) -> list[str]:
    """The labels that name no class."""
    found = [label for label, _ in count.labels]
    known = match_labels(found, labels)
    return [label for label in found if label not in known]
