"""What documents say of the program, against the program: options, scripts, names of figures."""
import csv
import itertools
import re
import subprocess
from pathlib import Path

import listings

ROOT = Path(__file__).resolve().parents[2]


# Options and scripts

def options(documents, environment):
    """Faults of options that the program lacks, and of scripts that bash does not parse."""
    faults, known = [], {}
    for path in documents:
        document = listings.Document(path)
        for block in document.blocks:
            if block.language != "sh":
                continue
            place = f"{path.relative_to(ROOT)}:{block.line}"
            parsed = subprocess.run(["bash", "-n"], input=block.text, text=True, stderr=subprocess.PIPE)
            if parsed.returncode != 0:
                faults.append(f"{place}: bash -n: {parsed.stderr.strip()}")
            faults += unknown_options(listings.commands(block.text), place, known, environment)
        spans = re.findall(r"`(mixmo(?:-mpi)? [^`]+)`", re.sub(r"```.*?```", "", "\n".join(document.lines), flags=re.DOTALL))
        for span in spans:
            faults += unknown_options(listings.commands(span.replace("\n", " ")), path.name, known, environment)
    return faults


def unknown_options(commands, place, known, environment):
    faults = []
    for words in commands:
        name = subcommand(words)
        if name not in known:
            known[name] = allowed_options(name, environment)
        if known[name] is None:
            faults.append(f"{place}: no subcommand {' '.join(name)}")
            continue
        faults += [f"{place}: mixmo {' '.join(name)} has no option {word}" for word in words
                   if re.match(r"--\w", word) and word.split("=")[0] not in known[name]]
    return faults


def subcommand(words):
    """The words that name the subcommand; `config` and `data` have their own."""
    names = list(itertools.takewhile(lambda word: re.fullmatch(r"[a-z][a-z-]*", word), words[1:3]))
    return tuple(names[:2] if names[:1] in (["config"], ["data"]) else names[:1])


def allowed_options(name, environment):
    """The options in the help of a subcommand; None where there is no such subcommand."""
    process = subprocess.run(
        ["mixmo", "help", *name], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if process.returncode != 0 or name and f"mixmo {' '.join(name)}" not in process.stdout:
        return None
    found = set(re.findall(r"--[a-z][a-z-]*", process.stdout))
    return found | {"--help", "--version", "--generate-completion-script"}


# Figures

# A run with everything that adds figures, on the clean predictions of the tutorials.
EVERYTHING = """
python3 -c "
import numpy as np
labels = np.load('runs/mixmo/predictions/labels.npy')
np.save('votes.npy', np.eye(10)[labels] + 0.1)"
mixmo score --cells runs/mixmo/predictions --labels runs/mixmo/predictions/labels.npy --output everything --bootstrap 20 \\
  --calibration none,temperature,oracle --conformal --per-class --selective --decompositions --soft-labels votes.npy \\
  --ood NAME=runs/mixmo/predictions/snow-5.npy --quiet > everything.txt
""".strip()
# Of suites and runs that the digits do not have; Files and CorruptionProtocol describe them.
ELSEWHERE = {
    "mean_corruption_error", "mean_corruption_error_relative_to(AlexNet)", "c15", "c19",
    "imagenet-c15", "macro", "clean"}


def figures(article, session):
    """Faults of names in the first table of the article that no file of a run has."""
    if session.run(EVERYTHING) is None:
        return []
    known = set(ELSEWHERE)
    for path in (session.folder / "everything").glob("*.csv"):
        known |= names_in(path)
    for path in (session.folder / "comparison").glob("*.csv"):
        known |= names_in(path)
    faults = []
    for number, line in enumerate(article.read_text().split("\n"), 1):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 5 or not line.startswith("|"):
            continue
        faults += [f"{article.relative_to(ROOT)}:{number}: no file of a run has {name}"
                   for name in re.findall(r"`([\w().-]+)`", cells[2]) if name not in known and not name.endswith(".csv")]
    return faults


def names_in(path):
    """The columns of a table, and the words of its columns that name figures or rows."""
    with path.open(newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        kept = [header.index(name) for name in header if name in (
            "metric", "calibration", "predictor", "aggregate", "protocol", "method", "score")]
        return set(header) | {row[index] for row in rows for index in kept}
