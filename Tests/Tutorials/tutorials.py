#!/usr/bin/env python3
"""Runs the listings of the documentation, and names those that are stale.

    tutorials.py PROGRAM FOLDER                   runs the tutorials in FOLDER, a new one, and compares outputs
    tutorials.py PROGRAM FOLDER --write           writes outputs and pictures into the articles anew
    tutorials.py PROGRAM FOLDER --demo            the demo in full as well, whose output README.md shows: a minute more
    tutorials.py PROGRAM FOLDER --mpi PROGRAM     the listings of mixmo-mpi as well

In the articles of `TUTORIALS` each block of `sh` is run by bash, in the order of the list and of the page. The block of
`text` after it is its standard output; a line … in it stands for any lines. A block that begins with a line `# NAME`, or
with `#!` and such a line, becomes the file NAME. These comments stand before a block or a picture:

    <!-- not run: REASON -->     only its options are checked
    <!-- needs: mpi -->          run with --mpi
    <!-- output of: COMMAND -->  in any document, what COMMAND printed, if it was run
    <!-- table: as printed -->   the table below is the one in the output of the block above
    <!-- drawn: PAGE -->         the picture below shows a figure of a page, PAGE#FIGURE, or its top, PAGE WIDTHxHEIGHT

Drawings differ between versions of gnuplot and of chromium. A picture is stale when the values that it was drawn from
have changed: pictures.sha256 has their SHA-256. In all documents, options of commands must be those of the program, and the figures
that the article WhichFigure recommends must be columns that it writes.

Outputs are those of the instruction set AVX2, which the machine must have.
"""
import argparse
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import checks
import listings
import pictures

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "Sources/mixmo/Documentation.docc"
TUTORIALS = [CATALOG / f"{name}.md" for name in (
    "EvaluateUnderCorruption", "CalibrateAndShip", "CompareTwoModels", "TrainOnACluster")]
DOCUMENTS = [ROOT / "README.md", *sorted(CATALOG.glob("*.md"))]
# The instruction set that the outputs are of; others round differently.
KERNELS = {"MIXMO_KERNELS": "avx2", "OPENBLAS_CORETYPE": "Haswell"}
DEMO = "mixmo demo --output demo"
ELISION = "…"


class Session:
    """Commands at work in a folder, and what they printed."""

    def __init__(self, program, folder, mpi=None, with_demo=False):
        self.folder = folder / "work"
        self.with_demo = with_demo
        self.with_mpi = mpi is not None
        self.outputs = {}
        self.faults = []
        self.folder.mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "bin/mixmo").symlink_to(program)
        if mpi:
            (folder / "bin/mixmo-mpi").symlink_to(mpi)
        python = folder / "bin/python3"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        # Two processes on any machine, also as the user of a container.
        allowed = {name: "1" for name in (
            "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe")}
        # The Python package as it is here, in place of the wheel.
        package = {"PYTHONPATH": str(ROOT / "Packaging/python"), "PYTHONDONTWRITEBYTECODE": "1", "MIXMO_PROGRAM": str(program)}
        self.environment = {
            **os.environ, **KERNELS, **allowed, **package, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}

    def run(self, commands):
        """The standard output of `commands`, without the folder's path; None where they fail, which is a fault."""
        if commands == DEMO and not self.with_demo:
            return self.write_digits()
        start = processor_seconds()
        process = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if process.returncode != 0:
            self.faults.append(f"exit status {process.returncode} of\n{commands}\n{process.stderr}")
            return None
        print(f"{processor_seconds() - start:6.1f} s  {commands.splitlines()[0]}", file=sys.stderr)
        self.outputs[commands] = process.stdout.replace(str(self.folder), "~").rstrip("\n")
        return self.outputs[commands]

    def write_digits(self):
        """Begins the demo, which first writes its data, and ends it there."""
        written = self.folder / "demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1"
        process = subprocess.Popen(
            ["bash", "-c", f"exec {DEMO}"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not written.exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.wait()
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda name: Path(name).resolve())
    parser.add_argument("folder", type=lambda name: Path(name).resolve())
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--mpi", type=lambda name: Path(name).resolve())
    arguments = parser.parse_args()
    session = Session(arguments.program, arguments.folder, arguments.mpi, arguments.demo)
    session.faults += checks.options(DOCUMENTS, session.environment)
    for article in TUTORIALS:
        follow(article, session, arguments.write)
        session.faults += pictures.check(article, session.folder, arguments.write)
    for document in DOCUMENTS:
        show_outputs(document, session, arguments.write)
    session.faults += checks.figures(CATALOG / "WhichFigure.md", session)
    print(f"{processor_seconds():6.1f} s  in all", file=sys.stderr)
    print("\n".join(session.faults) or "tutorials: no fault")
    sys.exit(1 if session.faults else 0)


def follow(article, session, writes):
    """Runs the blocks of an article, and compares the outputs that it shows."""
    document = listings.Document(article)
    output = None
    for block in document.blocks:
        if block.remark("not run") is not None or block.remark("needs") == "mpi" and not session.with_mpi:
            output = None
        elif block.language == "table":
            printed = [line for line in (output or "").split("\n") if line.startswith("|")]
            compare(document, block, "\n".join(printed) or None, session, writes)
        elif block.language == "text" and block.remark("output of") is None:
            compare(document, block, output, session, writes)
            output = None
        elif block.file_name:
            (session.folder / block.file_name).write_text(block.text + "\n")
        elif block.language == "sh":
            output = session.run(block.text)
    if writes:
        document.save()


def show_outputs(path, session, writes):
    """Compares what a document shows of commands by a remark."""
    document = listings.Document(path)
    for block in document.blocks:
        command = block.remark("output of")
        if command is not None:
            compare(document, block, session.outputs.get(command), session, writes)
    if writes:
        document.save()


def compare(document, block, output, session, writes):
    """Names what `block` shows and `output` lacks, or writes it anew; nothing where there was no output."""
    if output is None:
        return
    expected = shortened(output.split("\n"), block.text.split("\n"))
    if expected == block.text.split("\n"):
        return
    if writes:
        block.replacement = "\n".join(expected)
    else:
        session.faults.append(
            f"{document.path.relative_to(ROOT)}:{block.line}: the output is now\n" + "\n".join(expected))


def shortened(lines, shown):
    """The lines of an output, with those left out that `shown` leaves out by its line `…`."""
    if ELISION not in shown:
        return lines
    before = shown.index(ELISION)
    after = len(shown) - before - 1
    return lines[:before] + [ELISION] + lines[len(lines) - after:]


def processor_seconds():
    """The processor time of all ended children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
