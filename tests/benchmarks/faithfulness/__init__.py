"""Which method is faithful: the study behind RESULTS.md, on data that do not come with the project."""
