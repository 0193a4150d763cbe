#!/usr/bin/env python3
"""Checks how the package is built up; exits with 1 and a line for each fault.

- Each target lists in Package.swift what its files import: all of it, and nothing else.
- Folders beside each other in a target do not use each other in a circle. A file uses another one where it names a
  type that this one alone declares at the top level. Files above the folders may use any of them.
- The files that Markdown documents name exist.
- The list of changes and the citation are of the version that the program prints.
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = "struct|class|enum|protocol|actor|typealias|func|var|let"
IMPORT = re.compile(
    rf"^ *(?:@\w+(?:\(.*?\))? +)*(?:(?:public|package|internal|fileprivate|private) +)?import +(?:(?:{KINDS}) +)?(\w+)",
    re.MULTILINE)
# What an indented line declares is nested; the groups are indentation, modifiers and name.
TYPE = re.compile(
    r"^( *)((?:@\w+(?:\(.*?\))? +|[a-z]+(?:\(set\))? +)*)(?:struct|class|enum|protocol|actor|typealias) +(\w+)",
    re.MULTILINE)
TEXT_NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def main():
    targets = manifest()
    faults = imports_against_manifest(targets) + circles(targets) + missing_files() + other_versions()
    print("\n".join(faults) or "structure: no fault")
    sys.exit(1 if faults else 0)


def manifest():
    """The targets of the package, those of the fuzzer as well, as Swift reads them."""
    text = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, env={**os.environ, "MIXMO_FUZZ": "1"}, check=True,
        stdout=subprocess.PIPE, text=True).stdout
    return json.loads(text)["targets"]


def folder(target):
    return ROOT / (target.get("path") or ("Tests" if target["type"] == "test" else "Sources") + "/" + target["name"])


def swift_files(target):
    return {path: path.read_text() for path in sorted(folder(target).rglob("*.swift"))}


def dependencies(target):
    """The names of the targets and products that a target lists; each product has a module of its name."""
    return {next(names[0] for kind, names in entry.items() if kind != "condition") for entry in target["dependencies"]}


# Imports

def imports_against_manifest(targets):
    known = {target["name"] for target in targets}.union(*(dependencies(target) for target in targets))
    programs = {target["name"] for target in targets if target["type"] == "executable"}
    faults = []
    for target in targets:
        files = swift_files(target)
        if not files:
            continue
        imported = {name for text in files.values() for name in IMPORT.findall(text)} & known - {target["name"]}
        listed = dependencies(target)
        faults += [f"Package.swift: {target['name']} imports {name}, which it does not list"
                   for name in sorted(imported - listed)]
        # A test may need a program to run it.
        faults += [f"Package.swift: {target['name']} lists {name}, which it does not import"
                   for name in sorted(listed - imported - programs)]
    return faults


# Circles

def circles(targets):
    faults = []
    for target in targets:
        files = swift_files(target)
        for parent, uses in sorted(uses_between_folders(folder(target), files).items()):
            for circle in strong_components(uses):
                faults.append(f"{parent.relative_to(ROOT)}: a circle of {', '.join(sorted(circle))}")
                faults += [
                    f"  {user.relative_to(parent)} -> {used.relative_to(parent)}: {name}"
                    for a in sorted(circle) for b in sorted(circle) for user, used, name in sorted(uses[a].get(b, []))]
    return faults


def uses_between_folders(root, files):
    """By parent folder, then by name of the using and of the used folder: (file, file, type)."""
    code = {path: TEXT_NO_CODE.sub(" ", text) for path, text in files.items()}
    owner = owners(code)
    uses = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    for user, text in code.items():
        for name in set(re.findall(r"\w+", text)) & owner.keys():
            used = owner[name]
            parent = Path(os.path.commonpath([user.parent, used.parent]))
            a, b = user.relative_to(parent).parts, used.relative_to(parent).parts
            if len(a) > 1 and len(b) > 1:
                uses[parent][a[0]][b[0]].append((user, used, name))
    return uses


def owners(code):
    """The file of each type that one file alone declares, at the top level and for others to use."""
    declared = collections.defaultdict(list)
    for path, text in code.items():
        for indentation, modifiers, name in TYPE.findall(text):
            is_shared = not indentation and "private" not in modifiers
            declared[name].append(path if is_shared else None)
    return {name: paths[0] for name, paths in declared.items() if len(paths) == 1 and paths[0]}


def strong_components(uses):
    """The sets of more than one folder in which each reaches each (Tarjan 1972, by plain reachability)."""
    def reached(start):
        found, waiting = set(), [start]
        while waiting:
            for name in uses.get(waiting.pop(), {}):
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return found
    reach = {name: reached(name) for name in uses}
    components = {frozenset(b for b in reach if b in reach[a] and a in reach[b]) for a in reach}
    return [component for component in components if len(component) > 1]


# Documents

def missing_files():
    """What documents name in `code` or as a link, below a folder of the repository or beside the document."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
    roots = {name.split("/")[0] for name in tracked if "/" in name}
    faults = []
    for document in (ROOT / name for name in tracked if name.endswith(".md")):
        if not document.exists():
            continue
        for number, line in enumerate(document.read_text().split("\n"), 1):
            names = re.findall(r"`([^`\s]+)`", line)
            below = [ROOT / name for name in names if name.split("/")[0] in roots and "/" in name]
            below += [document.parent / name for name in re.findall(r"\]\(([^)#:\s]+)\)", line)]
            if line.startswith("|"):
                below += [document.parent / name for name in names if re.fullmatch(r"\w+\.py", name)]
            faults += [f"{document.relative_to(ROOT)}:{number}: no {os.path.relpath(path, ROOT)}"
                       for path in below if not glob.glob(str(path))]
    return faults


# Version

def other_versions():
    version = re.search(r'static let version = "(.*)"', (ROOT / "Sources/mixmo/Mixmo.swift").read_text())[1]
    named = {"CHANGELOG.md": r"^## (\d.*)$", "CITATION.cff": r"^version: (.*)$"}
    found = {name: re.findall(form, (ROOT / name).read_text(), re.MULTILINE)[:1] for name, form in named.items()}
    return [f"{name}: expected version {version}, as in Sources/mixmo/Mixmo.swift, found {' '.join(first) or 'none'}"
            for name, first in found.items() if first != [version]]


if __name__ == "__main__":
    main()
