"""The frame of every page: its title, its navigation and the shared sidebar."""

import streamlit as st

from dashboard import corpus_choice, model_choice, permalink, wording
from dashboard.components import navigation, sidebar, tour

st.set_page_config(page_title=wording.NAME, layout="wide", initial_sidebar_state="auto")
tour.note_arrival()  # before the address is written to
permalink.start()
model_choice.settle()
corpus_choice.put_down_carried()
page = st.navigation(navigation.pages(), position="hidden")  # the sidebar draws it, under the name
permalink.turn_to_page(page.url_path)
if page.url_path != navigation.PRESENT:  # whose words fill the screen
    sidebar.show()
page.run()
