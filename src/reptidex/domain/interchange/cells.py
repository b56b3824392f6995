"""Tables as text: read with any of the usual dividers, written so that no spreadsheet takes a cell for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from reptidex.domain.interchange.reading import MOST_LINES, Problem, UnreadableError, check_count

DIVIDERS = ",;\t|"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_LONGEST_CELL = 50_000


class Line(msgspec.Struct, frozen=True):
    """One line of a table: its cells by the name of their column."""

    number: int
    cells: Mapping[str, str]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table that was read."""

    columns: tuple[str, ...]
    """The names of the columns that are understood."""
    ignored: tuple[str, ...]
    lines: list[Line]
    problems: list[Problem]


def read_table(
    text: str, aliases: Mapping[str, Sequence[str]], required: Sequence[str], *, most: int = MOST_LINES
) -> Table:
    """Read a table with a heading. `aliases` gives for each column how else its heading may read (in any case and spacing).

    Raises `UnreadableError` where a required column is missing, a heading stands twice, or the text is no table.
    """
    records = _records(text)
    try:
        number, heading = next(records)
    except StopIteration:
        raise UnreadableError("the file is empty") from None
    known = {_plain(word): name for name, words in aliases.items() for word in (name, *words)}
    names = [known.get(_plain(cell), "") for cell in heading]
    for name in names:
        if name and names.count(name) > 1:
            twice = [cell for cell, each in zip(heading, names, strict=True) if each == name]
            raise UnreadableError(f"two columns say the same: {', '.join(twice)}", number)
    if missing := [name for name in required if name not in names]:
        seen = ", ".join(cell.strip() or "(no name)" for cell in heading[:20])
        raise UnreadableError(f"no column {', '.join(missing)}; the heading reads: {seen}", number)
    lines, problems = list[Line](), list[Problem]()
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(names) :]):
            text_ = f"{len(cells)} cells under {len(names)} headings: is a text with a divider in it not quoted?"
            problems.append(Problem(line=number, rule="cells", text=text_))
            continue
        pairs = zip(names, cells, strict=False)
        lines.append(Line(number, {name: _unguarded(cell) for name, cell in pairs if name}))
        check_count(len(lines), most)
    ignored = tuple(cell.strip() for cell, name in zip(heading, names, strict=True) if not name and cell.strip())
    return Table(columns=tuple(filter(None, names)), ignored=ignored, lines=lines, problems=problems)


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, heading: bool = True) -> str:
    """Write a table after RFC 4180, with a heading where asked."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if heading:
        writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula (OWASP: CSV injection); `read_table` takes it away."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a text, each with the line on which it begins."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    divider = max(DIVIDERS, key=lambda each: (first.count(each), -DIVIDERS.index(each)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, skipinitialspace=False, strict=True)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise UnreadableError(str(problem), before + 1) from None
        if cells:
            if any(len(cell) > _LONGEST_CELL for cell in cells):
                raise UnreadableError("a cell is longer than a page of text", before + 1)
            yield before + 1, cells
        before = reader.line_num


def _plain(heading: str) -> str:
    return re.sub(r"[\s_.-]+", "", heading).casefold()
