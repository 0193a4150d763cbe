"""A CSV table with columns of numbers and of text."""

import csv
import re

# Columns of names and words, which stay text where they look like numbers. Other columns are numbers where all of their
# fields are.
TEXT = frozenset("""
    run dataset corruption predictor calibration pair protocol aggregate metric interval substitute fitting ood shift
    score method thresholds class_name most_confused_name reference reference_predictor verdict
    """.split())
_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf|nan")


class Table:
    """The columns of a file, by name, in its order: lists of str, int or float, None where a field is empty."""

    def __init__(self, file):
        """Reads `file`; raises ValueError where it is no table, OSError where it cannot be read."""
        header, *rows = _rows(file) or [[]]
        if not header or len(set(header)) < len(header):
            raise ValueError(f"{file}: line 1: expected the names of columns, each once, found {','.join(header)!r}")
        self.count = len(rows)
        self.columns = {name: _values(name, [row[i] for row in rows]) for i, name in enumerate(header)}

    def dictionaries(self):
        """A dictionary for each row."""
        return [dict(zip(self.columns, row)) for row in zip(*self.columns.values())]

    def frame(self):
        """A pandas DataFrame; an undefined number is NaN, an empty text None."""
        import pandas
        return pandas.DataFrame({
            name: pandas.Series(values, dtype=None if _is_whole(values) else object if name in TEXT else _kind(values))
            for name, values in self.columns.items()})


def _rows(file):
    with open(file, encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        rows = []
        try:
            for row in reader:
                if rows and len(row) != len(rows[0]):
                    raise ValueError(
                        f"{file}: line {reader.line_num}: expected {len(rows[0])} fields, found {len(row)}")
                rows.append(row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{file}: line {reader.line_num + 1}: expected CSV in UTF-8, found: {error}") from None
        return rows


def _values(name, fields):
    given = [field for field in fields if field]
    kind = str
    if name not in TEXT and all(map(_NUMBER.fullmatch, given)):
        kind = int if given and all(map(_INTEGER.fullmatch, given)) else float
    return [kind(field) if field else None for field in fields]


def _is_whole(values):
    return bool(values) and None not in values


def _kind(values):
    return object if any(isinstance(value, str) for value in values) else float
