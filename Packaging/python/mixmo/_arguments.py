"""Python's arrays and options as files and arguments of the command."""

import os
from pathlib import Path

import numpy as np

# Options whose values are arrays or files, and options that take names with commas between them.
_ARRAYS = {"validation_logits", "validation_labels", "soft_labels"}
_JOINED = {"calibration"}


class Files:
    """Arrays as files of a folder."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, values, name):
        """The file that `values` names, or a new one that holds them."""
        if isinstance(values, (str, os.PathLike)):
            return os.path.abspath(os.fspath(values))
        file = self.folder / f"{name}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            np.save(file, _array(values), allow_pickle=False)
        except ValueError as error:
            raise ValueError(f"{name}: expected an array of numbers, found: {error}") from None
        return str(file)


def predictions(logits, files):
    """The options that name the predictions."""
    members = list(logits) if _is_list_of_members(logits) else [logits]
    numbered = len(members) > 1
    if all(isinstance(member, dict) or _is_folder(member) for member in members):
        return [f"--cells={_cells(member, f'cells-{i}' if numbered else 'cells', files)}"
                for i, member in enumerate(members)]
    return [f"--logits={files.path(member, f'logits-{i}' if numbered else 'logits')}"
            for i, member in enumerate(members)]


def _is_folder(values):
    return isinstance(values, (str, os.PathLike)) and os.path.isdir(values)


def _cells(cells, name, files):
    """A folder with a file for each cell."""
    if _is_folder(cells):
        return os.path.abspath(cells)
    folder = files.folder / name
    folder.mkdir()
    for cell, values in cells.items():
        if not isinstance(cell, str) or not cell or "/" in cell or cell.startswith("."):
            raise ValueError(f"logits: expected names of cells such as clean or fog-3, found {cell!r}")
        if isinstance(values, (str, os.PathLike)):
            source = Path(os.path.abspath(os.fspath(values)))
            (folder / f"{cell}{source.suffix}").symlink_to(source)
        else:
            files.path(values, f"{name}/{cell}")
    return folder


def _is_list_of_members(values):
    """Whether `values` is a list of arrays, files or dictionaries, and no array written as lists."""
    def is_member(value):
        return isinstance(value, (str, os.PathLike, dict)) or getattr(value, "ndim", 0) > 1
    return isinstance(values, (list, tuple)) and len(values) > 0 and all(map(is_member, values))


def options(name, value, files):
    """An option of the command, from a keyword and its value: once, more often, or not at all."""
    option = "--" + name.replace("_", "-")
    if value is None:
        return []
    if isinstance(value, (bool, np.bool_)):
        return [option if value else "--no-" + option[2:]]
    if name in _ARRAYS:
        values = value if _is_list_of_members(value) else [value]
        return [f"{option}={files.path(item, f'{name}-{i}')}" for i, item in enumerate(values)]
    if isinstance(value, dict):
        return [f"{option}={key}={_joined_paths(item, f'{name}-{i}', files)}" for i, (key, item) in enumerate(value.items())]
    if isinstance(value, (list, tuple)):
        texts = [os.fspath(item) if isinstance(item, os.PathLike) else str(item) for item in value]
        return [f"{option}={','.join(texts)}"] if name in _JOINED else [f"{option}={text}" for text in texts]
    return [f"{option}={os.fspath(value) if isinstance(value, os.PathLike) else value}"]


def _joined_paths(value, name, files):
    """The files of an array, or of several members, with commas between them."""
    values = value if _is_list_of_members(value) else [value]
    return ",".join(files.path(item, f"{name}-{i}") for i, item in enumerate(values))


def _array(values):
    """The numbers of an array, a table or a tensor, wherever it is; bfloat16, which NumPy lacks, as float32."""
    for step in ["detach", "cpu"] + ["float"] * ("bfloat16" in str(getattr(values, "dtype", ""))):
        if hasattr(values, step):
            values = getattr(values, step)()
    return np.ascontiguousarray(np.asarray(values))
