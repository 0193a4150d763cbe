"""`mixmo score` on arrays."""

import os
import tempfile
from pathlib import Path

from . import _program
from ._run import read


def score(logits, labels, *, output=None, pandas=None, **options):
    """Scores predictions as `mixmo score` does; returns the tables as `read` does.

    Parameters:
      logits: the predictions of N rows over K classes, [N, K], or of M members, [N, M, K]: an array, a tensor of
        PyTorch, or a file. A list of them is an ensemble of networks. A dictionary has the predictions of each cell,
        {"clean": …, "fog-3": …, "frost": …}, fog at severity 3 and frost at its five severities one after the other,
        and so has a folder of files of these names; a list of dictionaries or folders is an ensemble.
      labels: class indices [N], −1 for rows that are left out: an array, a tensor, or a file.
      output: the folder that the tables stay in; without it they are written to a temporary folder and read.
      pandas: as in `read`.
      options: the command's options, as in `mixmo score --help`, with underscores: `temperature_scaling=True`,
        `calibration=["none", "temperature"]`, `probabilities=True`, `bins=20`, `alpha=[0.1, 0.05]`,
        `ood={"svhn": …}`, `soft_labels=…`. True gives the option, False the option with no-, None leaves it out.

    Raises MixmoError with the command's message where it refuses an option or an array, ValueError for what is no
    array. The command's warnings are Python's.
    """
    # NumPy is imported here alone, so that the console command starts without it.
    from . import _arguments
    with tempfile.TemporaryDirectory(prefix="mixmo-") as folder:
        files = _arguments.Files(Path(folder))
        target = Path(os.fspath(output)) if output is not None else Path(folder) / "run"
        _program.output(
            ["score", *_arguments.predictions(logits, files), f"--labels={files.path(labels, 'labels')}",
             f"--output={target}"]
            + [argument for name, value in options.items() for argument in _arguments.options(name, value, files)],
            folder=folder)
        run = read(target, pandas=pandas)
        if output is None:
            run.folder = None
        return run
