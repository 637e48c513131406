"""One figure a file, one function each: plain data in, Plotly figure out; neither streamlit nor torch."""
