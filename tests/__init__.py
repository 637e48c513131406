"""Tests of `core` and `dashboard`: `bash tests/run.sh` runs them all."""
