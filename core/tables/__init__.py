"""A file's bytes → rows of cells → texts, one row at a time: `source` is what was given, `guess` says how it seems to be written, `reading`
gives its rows, `texts` its texts. Neither torch nor pandas. Any bytes give a table or a sentence.

What a library reads whose memory or time the file decides (Parquet by pyarrow, xlsx by openpyxl) is read in a process of its own whose memory
and time are bounded: `guarded` starts it, `reader_process` is it."""
