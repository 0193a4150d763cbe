"""Writes tables/ beside this file: text tables of data frames and arrays, and tables.json, what they hold.

Made with Python 3.11.7, pandas 3.1.1, NumPy 2.4.6.

The numbers in tables.json are read back by pandas and NumPy from what they wrote: `values` those of
the classes, `drop` the column to leave out, `first` whether the first line counts as names may.
"""

import json
import pathlib

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent / "tables"
HERE.mkdir(exist_ok=True)

random = np.random.default_rng(7)
logits = random.normal(size=(6, 3)) * 4
labels = np.array([0, 2, 1, 1, 0, 2])
plain, named = pd.DataFrame(logits), pd.DataFrame(logits, columns=["cat", "dog", "big ship"])
files = {}


def add(name, write, values=logits, drop=None, first=False):
    write(HERE / name)
    files[name] = {"values": np.asarray(values).ravel().tolist(), "drop": drop, "first": first}


def text(**options):
    """The numbers as `savetxt` rounds them."""
    np.savetxt(HERE / "rounded", logits, **options)
    values = np.loadtxt(HERE / "rounded")
    (HERE / "rounded").unlink()
    return values


add("plain.csv", lambda f: plain.to_csv(f, index=False), first=True)
add("named.csv", lambda f: named.to_csv(f, index=False))
add("index.csv", lambda f: named.to_csv(f), drop="0")
add("numbered-index.csv", lambda f: plain.to_csv(f), drop="0")
add("no-header.csv", lambda f: named.to_csv(f, index=False, header=False))
add("no-header-index.csv", lambda f: named.to_csv(f, header=False), drop="0")
add("index-label.csv", lambda f: named.to_csv(f, index_label="sample"), drop="sample")
add("no-index-label.csv", lambda f: named.to_csv(f, index_label=False), drop="0")
add("semicolons.csv", lambda f: named.to_csv(f, sep=";", index=False))
add("tabs.tsv", lambda f: named.to_csv(f, sep="\t", index=False, lineterminator="\r\n"))
add("quoted.csv", lambda f: named.to_csv(f, index=False, quoting=1, encoding="utf-8-sig"))
add("labels.csv", lambda f: named.assign(label=labels).to_csv(f, index=False), drop="label")
add("names.csv", lambda f: named.set_index(pd.Index(list("abcdef"), name="file")).to_csv(f), drop="file")
add("save.txt", lambda f: np.savetxt(f, logits))
add("save-header.txt", lambda f: np.savetxt(f, logits, header="cat dog ship"))
add("save-commas.csv", lambda f: np.savetxt(f, logits, delimiter=",", header="a,b,c", footer="end", comments="# "))
add("save-short.dat", lambda f: np.savetxt(f, logits, fmt="%.3f", delimiter="\t"), text(fmt="%.3f"))
add("save-general.txt", lambda f: np.savetxt(f, logits, fmt="%.4g", newline="\r\n"), text(fmt="%.4g"))
add("stacked.txt", lambda f: np.savetxt(f, np.column_stack([np.arange(6), logits])), drop="0")
add("stacked-labels.txt", lambda f: np.savetxt(f, np.column_stack([logits, labels])), drop="3")
named.to_csv(HERE / "decimal-commas.csv", sep=";", decimal=",", index=False)
named.to_csv(HERE / "utf-16.csv", index=False, encoding="utf-16")
(HERE / "tables.json").write_text(json.dumps(files, indent=1) + "\n")
