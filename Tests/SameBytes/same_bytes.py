#!/usr/bin/env python3
"""Runs `mixmo` on small inputs and compares the SHA-256 of every result with a list.

    same_bytes.py PROGRAM FOLDER           runs the commands in FOLDER, a new one, and compares with the list
    same_bytes.py PROGRAM FOLDER --demo    the demo in full as well: some minutes more
    same_bytes.py PROGRAM FOLDER --write 'commit …, x86-64 with AVX2'    all of it, and writes the list anew

The list holds for the instruction set that its first line names, in MIXMO_KERNELS and OPENBLAS_CORETYPE: others
round differently. Predictions, figures and corrupted images are one line for each folder; FOLDER/results.sha256 has
every file, to be compared with that of another program.
"""
import argparse
import hashlib
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import commands

HERE = Path(__file__).resolve().parent


# What legitimately varies from run to run

def normalized(path, content):
    """`content` of the result file `path` without what varies from run to run."""
    if path.name == "run.json":
        content = re.sub(rb'("durationSeconds" : )[0-9.e-]+', rb"\1TIME", content)
        content = re.sub(rb'("threads" : )\d+', rb"\1THREADS", content)
        content = re.sub(rb'("(?:start|end|processor|instructions)" : )"[^"]*"', rb'\1"MACHINE"', content)
    if path.name == "report.html":
        content = re.sub(rb"(<dt>(?:duration|threads|began|finished|machine)</dt><dd>)[^<]*", rb"\1NUMBER", content)
        content = re.sub(rb"(<dt>before it</dt><dd>)[^<]*?Z: ", rb"\1TIME: ", content)
    if path.name.startswith("events.out.tfevents"):
        content = scalars(content)
    return content


def normalized_name(name):
    """The path of a result without the hash of the folder that the images of a cache were read from."""
    return re.sub(r"^(cache/.*-)[0-9a-f]{16}(?=\.npy$)", r"\1HASH", name)


def normalized_output(text, folder, timed):
    """Standard output without the folder's path; of a command that prints durations, its words alone."""
    text = text.replace(str(folder), "FOLDER")
    return re.sub(r"[0-9][0-9.,]*", "NUMBER", re.sub(r" +", " ", text)) if timed else text


def scalars(content):
    """The scalars of an event file, without the times of writing and the speed of the training."""
    lines = []
    while content:
        length = struct.unpack("<Q", content[:8])[0]
        event, content = dict_of_fields(content[12:12 + length]), content[16 + length:]
        for summary in event.get(5, []):
            for value in dict_of_fields(summary).get(1, []):
                fields = dict_of_fields(value)
                tag = fields[1][0].decode()
                if tag != "train/images_per_second":
                    lines.append(f"{event.get(2, [0])[0]} {tag} {fields[2][0].hex()}\n")
        lines.extend(f"version {version.decode()}\n" for version in event.get(3, []))
    return "".join(lines).encode()


def dict_of_fields(message):
    """The values of a Protocol Buffers message by field number."""
    fields, position = {}, 0

    def integer():
        nonlocal position
        value, shift = 0, 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while position < len(message):
        number, kind = divmod(integer(), 8)
        if kind == 0:
            value = integer()
        else:
            size = {1: 8, 5: 4}[kind] if kind != 2 else integer()
            value = message[position:position + size]
            position += size
        fields.setdefault(number, []).append(value)
    return fields


# Running

class Session:
    """A program at work in a folder."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        (folder / "output").mkdir(parents=True)
        (folder / "inputs").mkdir()

    def run(self, name, *arguments, status=0, timed=False, keeps_output=True, environment=None):
        """Runs one command to its end, and keeps its standard output as `output/NAME.txt`."""
        start = processor_seconds()
        process = subprocess.run(
            [self.program, *arguments], cwd=self.folder, env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if process.returncode != status:
            sys.exit(f"{name}: exit status {process.returncode}\nmixmo {' '.join(arguments)}\n{process.stderr}")
        if keeps_output:
            output = normalized_output(process.stdout, self.folder, timed)
            (self.folder / f"output/{name}.txt").write_text(output)
        print(f"{processor_seconds() - start:6.1f} s  {name}", file=sys.stderr)

    def start(self, arguments):
        return subprocess.Popen(
            [self.program, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def interrupt_when_there(self, path, *arguments):
        """Starts a command and interrupts it once the file `path` is there."""
        process = self.start(arguments)
        while not (self.folder / path).exists():
            if process.poll() is not None:
                sys.exit(f"mixmo {' '.join(arguments)}: ended without {path}")
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate()

    def interrupt_after_line(self, beginning, *arguments):
        """Starts a command and interrupts it after it printed a line with this beginning."""
        process = self.start(arguments)
        while not process.stdout.readline().startswith(beginning):
            if process.poll() is not None:
                sys.exit(f"mixmo {' '.join(arguments)}: ended without a line {beginning}")
        process.send_signal(signal.SIGTERM)
        process.communicate()


def processor_seconds():
    """The processor time of all ended children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def sums(folder):
    """The SHA-256 of every result by its path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != "inputs":
            found[normalized_name(str(name))] = hashlib.sha256(normalized(path, path.read_bytes())).hexdigest()
    return found


# Listing and comparing

def grouped(found):
    """The lines of the list: folders of many files are one line, whose digest is that of all names and digests."""
    groups = {}
    for name, digest in found.items():
        parent = re.match(r"corrupted/\w+/|.*/(predictions|figures)/", name)
        groups.setdefault(parent.group() if parent else name, []).append((name, digest))
    return {
        key: hashlib.sha256(text_of(dict(files)).encode()).hexdigest() if key.endswith("/") else files[0][1]
        for key, files in groups.items()}


def text_of(found):
    return "".join(f"{digest}  {name}\n" for name, digest in found.items())


def read_list(path, with_demo):
    lines = [line.split("  ", 1) for line in path.read_text().splitlines() if not line.startswith("#")]
    return {name: digest for digest, name in lines if with_demo or not name.startswith(("demo/", "output/demo."))}


def compare(found, expected):
    """Prints each line of the list that differs; whether all are the same."""
    missing = [name for name in expected if name not in found]
    unexpected = [name for name in found if name not in expected]
    different = [name for name in expected if name in found and found[name] != expected[name]]
    for word, names in [("missing", missing), ("unexpected", unexpected), ("different", different)]:
        for name in names:
            print(f"{word:10}  {name}")
    print(f"{len(expected) - len(missing) - len(different)} of {len(expected)} are the same")
    return not (missing or unexpected or different)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", type=Path, default=HERE / "results.sha256")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--write", metavar="ORIGIN")
    options = parser.parse_args()
    with_demo = options.demo or options.write is not None
    session = Session(options.program.resolve(), options.folder.resolve())
    commands.every(session, with_demo)
    found = sums(session.folder)
    (session.folder / "results.sha256").write_text(text_of(found))
    if options.write is not None:
        options.list.write_text(f"# {options.write}\n" + text_of(grouped(found)))
    elif not compare(grouped(found), read_list(options.list, with_demo)):
        sys.exit(1)


if __name__ == "__main__":
    main()
