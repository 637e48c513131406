"""The eight steps of the Learn page, one a file: each has a TITLE, PAPERS to read on, and `show(context)` → its question; those
that ask the model for more have `ask_ahead(context)`, too."""
