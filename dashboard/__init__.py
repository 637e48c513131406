"""The Streamlit front end: views/ choose and show, components/ and figures/ draw, session.py remembers."""
