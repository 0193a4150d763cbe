#!/usr/bin/env python3
"""Makes a wheel of what lay-out.sh has laid out, of the Python package and of the client of evaluate --model.

    Packaging/wheel.py FOLDER VERSION OUTPUT

The tag names the glibc that the program and its libraries need. The same files make the same bytes: SOURCE_DATE_EPOCH is
the time of every entry.
"""
import base64
import hashlib
import os
import re
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / "Packaging" / "python"
CLIENT = ROOT / "Sources" / "mixmo" / "Resources" / "mixmo_client.py"


def main():
    folder, version, output = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    tag = f"py3-none-manylinux_2_{newest_glibc(folder)}_x86_64"
    information = f"mixmo-{version}.dist-info"
    entries = package(folder) | {
        f"{information}/METADATA": metadata(version, license_names(folder)),
        f"{information}/WHEEL": f"Wheel-Version: 1.0\nGenerator: mixmo\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
        f"{information}/entry_points.txt": b"[console_scripts]\nmixmo = mixmo._program:main\n",
        f"{information}/top_level.txt": b"mixmo\nmixmo_client\n"}
    entries |= {f"{information}/licenses/{name}": (documents(folder) / name).read_bytes()
                for name in license_names(folder)}
    entries[f"{information}/RECORD"] = record(entries, f"{information}/RECORD")
    wheel = output / f"mixmo-{version}-{tag}.whl"
    write(entries, wheel)
    print(wheel)


def package(folder):
    """The modules, and the program with its libraries and tables."""
    modules = {f"mixmo/{file.name}": file.read_bytes() for file in sorted((PYTHON / "mixmo").glob("*.py"))}
    program = {f"mixmo/program/{file.relative_to(folder)}": file.read_bytes()
               for part in ("bin", "lib/mixmo", "share/mixmo") for file in sorted((folder / part).rglob("*"))
               if file.is_file()}
    return modules | program | {CLIENT.name: CLIENT.read_bytes()}


def documents(folder):
    return folder / "share" / "doc" / "mixmo"


def license_names(folder):
    return ["LICENSE", "THIRD-PARTY-NOTICES.md"] + sorted(
        f"licenses/{file.name}" for file in (documents(folder) / "licenses").iterdir())


def metadata(version, licenses):
    fields = [
        ("Metadata-Version", "2.4"), ("Name", "mixmo"), ("Version", version),
        ("Summary", "Robustness and calibration of image classifiers: a command, and its tables in Python"),
        ("License-Expression", "Apache-2.0"), *(("License-File", name) for name in licenses),
        ("Classifier", "Operating System :: POSIX :: Linux"), ("Classifier", "Programming Language :: Python :: 3"),
        ("Classifier", "Topic :: Scientific/Engineering :: Artificial Intelligence"),
        ("Requires-Python", ">=3.9"), ("Requires-Dist", "numpy"), ("Provides-Extra", "pandas"),
        ("Requires-Dist", 'pandas; extra == "pandas"'), ("Description-Content-Type", "text/markdown")]
    lines = "".join(f"{name}: {value}\n" for name, value in fields)
    return f"{lines}\n{(PYTHON / 'README.md').read_text()}".encode()


def newest_glibc(folder):
    """The second part of the newest version of glibc that a symbol is bound to."""
    files = [folder / "bin" / "mixmo", *(folder / "lib" / "mixmo").iterdir()]
    return max(int(version) for file in files for version in re.findall(rb"GLIBC_2\.(\d+)", file.read_bytes()))


def record(entries, own_name):
    """A line for each file: name, digest and size."""
    def line(name, content):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        return f"{name},sha256={digest},{len(content)}\n"
    return "".join(line(*entry) for entry in sorted(entries.items())).encode() + f"{own_name},,\n".encode()


def write(entries, wheel):
    moment = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
    part = wheel.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        # The information stands at the end, as its specification recommends.
        for name in sorted(entries, key=lambda name: (".dist-info/" in name, name)):
            information = zipfile.ZipInfo(name, moment)
            information.compress_type = zipfile.ZIP_DEFLATED
            information.external_attr = (0o100755 if "/bin/" in name else 0o100644) << 16
            archive.writestr(information, entries[name])
    part.rename(wheel)


if __name__ == "__main__":
    main()
