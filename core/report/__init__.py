"""Self-contained HTML reports: one file, no script, and nothing is requested. No torch.

`one_text.to_page` makes the report of one text, `corpus.to_page` that of a corpus run, `notebook.to_html` the small piece that
a notebook shows. `parts` builds HTML, `page` is the frame and its look, `curves` draws lines as SVG.
"""
