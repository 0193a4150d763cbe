"""Scores of a classifier's predictions, and the tables of mixmo's run folders, in Python.

    import mixmo
    run = mixmo.score(logits, labels, calibration=["none", "temperature"])
    run["summary"]                              # a DataFrame, or a list of dictionaries without pandas
    mixmo.read("runs/first")["cells"]

The command `mixmo` comes with this package, and so does the module `mixmo_client`, with which a program answers
`mixmo evaluate --model`.
"""

from ._program import MixmoError
from ._run import Run, read
from ._score import score

__all__ = ["MixmoError", "Run", "read", "score"]


def __getattr__(name):
    if name == "__version__":
        from ._program import output
        return output(["--version"]).strip()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
