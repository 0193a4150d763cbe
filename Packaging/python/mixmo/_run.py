"""A run folder's tables."""

import html
import importlib.util
import json
import os
from pathlib import Path

from ._table import Table


class Run(dict):
    """The tables of a run by name: "cells", "summary" and so on, as DataFrames or lists of dictionaries.

    `folder` is where they were read, None where that was a temporary folder. `findings` are the sentences that say what
    the tables show, as pairs of a topic and a sentence. `record` is what `run.json` says of their making, and {} without
    that file.
    """

    def __init__(self, tables, folder=None, findings=(), record=None):
        super().__init__(tables)
        self.folder = folder
        self.findings = list(findings)
        self.record = record or {}

    @property
    def name(self):
        """The run's name, or the folder's where none is recorded."""
        return self.record.get("origin", {}).get("run") or (Path(self.folder).name if self.folder else "run")

    def __repr__(self):
        lines = [f"{self.name}: " + ", ".join(f"{name} ({len(table)} rows)" for name, table in self.items())]
        return "\n".join(lines + [f"{topic}: {sentence}" for topic, sentence in self.findings])

    def _repr_html_(self):
        """What a notebook shows: the findings, and the sizes of the tables."""
        def rows(pairs):
            return "".join(f'<tr><th style="text-align:left;vertical-align:top">{html.escape(str(head))}</th>'
                           f'<td style="text-align:left">{html.escape(str(text))}</td></tr>' for head, text in pairs)
        sizes = [(name, f"{len(table)} rows") for name, table in self.items()]
        return f"<b>{html.escape(self.name)}</b><table>{rows(self.findings)}</table><table>{rows(sizes)}</table>"


def read(folder, pandas=None):
    """The tables of a run folder, or of the folder of a comparison.

    Columns of numbers hold int or float, others str. A field that is empty, as an undefined number is, is NaN or None.

    Parameters:
      folder: what `train`, `evaluate`, `score`, `merge`, `demo` or `compare` wrote.
      pandas: True for DataFrames, False for lists of dictionaries; None for DataFrames where pandas is installed.

    Raises FileNotFoundError or NotADirectoryError where there is no run folder, ValueError for a file that is no table
    or no JSON.
    """
    folder = Path(os.fspath(folder))
    if not folder.exists():
        raise FileNotFoundError(f"{folder}: expected the folder of a run, found nothing")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: expected the folder of a run, found a file")
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise FileNotFoundError(
            f"{folder}: expected tables such as cells.csv, found none; mixmo evaluate and mixmo score write them")
    if pandas is None:
        pandas = importlib.util.find_spec("pandas") is not None
    tables = {file.stem: Table(file) for file in files}
    return Run(
        {name: table.frame() if pandas else table.dictionaries() for name, table in tables.items()},
        folder=str(folder), findings=_findings(folder / "findings.json"), record=_json(folder / "run.json"))


def _findings(file):
    try:
        return [(finding["topic"], finding["sentence"])
                for run in _json(file).get("runs", []) for finding in run["findings"]]
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"{file}: expected findings with topic and sentence, found something else") from None


def _json(file):
    if not file.exists():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: expected JSON, found: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{file}: expected a JSON object, found {type(content).__name__}")
    return content
