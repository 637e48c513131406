"""Tests of the engine, file by file, on tiny random models of every family (`tests.families`)."""
