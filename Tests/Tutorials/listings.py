"""Blocks of code and printed tables in Markdown, and the commands in them."""
import re
import shlex
from pathlib import Path

FENCE = re.compile(r"^```(\w*)$")
REMARK = re.compile(r"^<!-- ([\w ]+): (.*) -->$")
PICTURE = re.compile(r"^!\[.*\]\((.*)\)$")


class Block:
    """A block of code, or a table that a command printed: its language or `table`, its text, the number of its first line,
    and the remark above it."""

    def __init__(self, language, lines, line, remark):
        self.language = language
        self.text = "\n".join(lines)
        self.line = line
        self.height = len(lines)
        self.replacement = None
        self._remark = remark

    def remark(self, kind):
        return self._remark[1] if self._remark and self._remark[0] == kind else None

    @property
    def file_name(self):
        """The file that the block is, by its first line or the one after `#!`."""
        lines = self.text.split("\n")
        title = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        match = re.fullmatch(r"(?:#|//) ([\w-]+\.\w+)", title)
        return match.group(1) if match else None


class Document:
    """A Markdown file: its blocks and its pictures, in order."""

    def __init__(self, path):
        self.path = Path(path)
        self.lines = self.path.read_text().split("\n")
        self.blocks = []
        self.pictures = []
        self._read()

    def _read(self):
        start, language, remark = None, None, None
        for index, line in enumerate(self.lines):
            fence = FENCE.match(line)
            if start is not None:
                if line == "```" or language == "table" and not line.startswith("|"):
                    self.blocks.append(Block(language, self.lines[start:index], start + 1, remark))
                    start, remark = None, None
            elif line.startswith("|") and remark and remark[0] == "table":
                start, language = index, "table"
            elif fence:
                start, language = index + 1, fence.group(1)
            elif REMARK.match(line):
                remark = REMARK.match(line).groups()
            elif PICTURE.match(line):
                if remark and remark[0] == "drawn":
                    self.pictures.append((PICTURE.match(line).group(1), remark[1]))
                remark = None
            elif line:
                remark = None

    def save(self):
        """Writes the blocks that have a replacement."""
        for block in reversed(self.blocks):
            if block.replacement is not None:
                first = block.line - 1
                self.lines[first:first + block.height] = block.replacement.split("\n")
        self.path.write_text("\n".join(self.lines))


def commands(text):
    """The words of each command of `mixmo` or `mixmo-mpi` in a text of the shell, from the program's name on."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.split("\n"):
        if not re.search(r"\bmixmo(-mpi)?\b", line):
            continue
        for part in re.split(r"\||;|&&|\$\(|<\(|>", line):
            words = words_of(part)
            names = [index for index, word in enumerate(words) if word in ("mixmo", "mixmo-mpi")]
            if names:
                yield words[names[0]:]


def words_of(command):
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return command.split(" #")[0].split()
