"""The frame of every page: its title, its navigation and the shared sidebar."""

import streamlit as st

from dashboard import model_choice, session, theme, wording
from dashboard.components import sidebar

st.set_page_config(page_title=wording.NAME, layout="wide", initial_sidebar_state="auto")
st.html(theme.page_css())
session.start()
model_choice.settle()
page = st.navigation([st.Page("views/explore.py", title="Explore", default=True)], position="hidden")
sidebar.show()
page.run()
