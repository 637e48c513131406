"""The Streamlit front end: views/ choose and show, components/ and figures/ draw, engine.py computes, session.py remembers."""
