"""Pictures of articles: figures and pages of the runs that the listings leave."""
import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

import listings

LIST = Path(__file__).resolve().parent / "pictures.sha256"
# Pixels of a picture for one of a figure.
SCALE = 1.25
BROWSER = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


class Picture:
    """A picture and what it shows: `PAGE.html#FIGURE`, or the top of a page, `PAGE.html WIDTHxHEIGHT`."""

    def __init__(self, file, source, folder):
        self.file = file
        source, _, size = source.partition(" ")
        name, _, self.figure = source.partition("#")
        self.page = folder / name
        self.size = size

    @property
    def values(self):
        """The table with the values that are drawn."""
        if self.figure:
            return self.page.parent / f"figures/{self.figure}.csv"
        return self.page.with_name("comparison.csv" if self.page.stem == "comparison" else "findings.json")

    @property
    def digest(self):
        """The SHA-256 of the values at the precision of a drawing; last digits may differ between machines."""
        text = re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: f"{float(number.group()):.4g}", self.values.read_text())
        return hashlib.sha256(text.encode()).hexdigest()

    def draw(self):
        with tempfile.TemporaryDirectory() as folder:
            page, size = self.page, self.size.replace("x", ",")
            if self.figure:
                page = Path(folder) / "figure.html"
                size = self._write_figure(page)
            subprocess.run(
                [*BROWSER, f"--user-data-dir={folder}/profile", f"--window-size={size}",
                 f"--screenshot={self.file}", page.as_uri()], check=True, stderr=subprocess.DEVNULL)

    def _write_figure(self, page):
        """Writes a page of the figure alone, in the colors of its own page; the size that it takes."""
        text = self.page.read_text()
        style = re.search(r"<style>.*?</style>", text, re.DOTALL).group()
        figure = text[text.index(f'<figure id="{self.figure}"'):]
        svg = re.search(r"<svg.*?</svg>", figure, re.DOTALL).group()
        width, height = (round(SCALE * float(side)) for side in re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
        page.write_text(
            f'<!DOCTYPE html><meta charset="utf-8">{style}<body style="margin:0;padding:0;max-width:none">'
            f'<div class="drawing" style="width:{width}px;max-width:none">{svg}</div>')
        return f"{width},{height}"


def check(article, folder, writes):
    """Faults of an article's pictures whose values are others than when they were drawn; draws them anew if asked."""
    recorded = dict(reversed(line.split("  ")) for line in LIST.read_text().splitlines()) if LIST.exists() else {}
    faults = []
    for name, source in listings.Document(article).pictures:
        picture = Picture(article.with_name(name), source, folder)
        if not picture.values.exists():
            faults.append(f"{name}: no {picture.values.relative_to(folder)}")
            continue
        digest = picture.digest
        if recorded.get(name) == digest and picture.file.exists():
            continue
        if writes:
            picture.draw()
            recorded[name] = digest
        else:
            faults.append(f"{name}: drawn from other values than {picture.values.relative_to(folder)} has now")
    if writes:
        LIST.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(recorded.items())))
    return faults
