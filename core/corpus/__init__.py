"""Many texts at once: rows of a table → batches → chunk files → sums → a summary. Only `readings`, `batches`, `analyse_chunk`,
`samples` and `run` need torch."""
