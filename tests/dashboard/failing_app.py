"""The real application with an engine that meets an unforeseen error over texts that ask for one, to see what it logs then."""

import sys

from core import pipeline
from dashboard.app import app

FAILS = "please fail"
analyse = pipeline.analyse


def analyse_or_fail(classifier, query, *more):
    """As the pipeline does, but for texts that ask to fail."""
    if FAILS in query.text:
        raise KeyError(query.text)
    return analyse(classifier, query, *more)


pipeline.analyse = analyse_or_fail

if __name__ == "__main__":
    app.run(config={"server.port": int(sys.argv[1]), "server.headless": True})
