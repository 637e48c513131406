"""One widget a file, one `show(...)` each."""
