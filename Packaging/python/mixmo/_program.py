"""The program that the package carries."""

import os
import subprocess
import sys
import warnings
from pathlib import Path


class MixmoError(RuntimeError):
    """The command failed; the text is its message.

    `status` is its exit status: 1 where it failed, 64 where an option was wrong, negative where a signal ended it.
    """

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


def path():
    """The program's file: that of this package, or the one that MIXMO_PROGRAM names."""
    named = os.environ.get("MIXMO_PROGRAM")
    program = Path(named) if named else Path(__file__).parent / "program" / "bin" / "mixmo"
    if not program.is_file():
        raise FileNotFoundError(
            f"{program}: expected the program mixmo; install the wheel, or set MIXMO_PROGRAM to the program")
    return str(program)


def main():
    """The console command: becomes the program, with the same arguments."""
    try:
        program = path()
        os.execv(program, ["mixmo"] + sys.argv[1:])
    except OSError as error:
        sys.exit(f"Error: {error}")


def output(arguments, folder=None):
    """What the command prints. Its warnings become Python's.

    Files below `folder`, which the reader does not know, are named without it. Raises MixmoError where the command fails.
    """
    done = subprocess.run([path(), *arguments], stdin=subprocess.DEVNULL, capture_output=True)
    said = done.stderr.decode("utf-8", "replace")
    if folder is not None:
        said = said.replace(f"{os.path.realpath(folder)}/", "").replace(f"{folder}/", "")
    if done.returncode != 0:
        raise MixmoError(_message(said, done.returncode), done.returncode)
    for line in said.splitlines():
        if line.startswith(_WARNING):
            warnings.warn(line[len(_WARNING):], stacklevel=3)
    return done.stdout.decode("utf-8")


_WARNING = "warning: "


def _message(said, status):
    """The error's own lines: what was said before, such as progress, is left out."""
    head, mark, message = said.rpartition("Error: ")
    ended = f"mixmo was ended by signal {-status}" if status < 0 else f"mixmo failed with status {status}"
    return (message if mark else head or message).strip() or ended
