"""A pedigree chart: the subject on the left, each generation of ancestors one column further right."""

from reptidex.domain.drawing.facts import Ancestor, Pedigree
from reptidex.domain.drawing.svg import Sheet

COLUMN, BOX_WIDTH, BOX_HEIGHT, GAP = 230, 196, 54, 10
TOP, MARGIN, FOOT = 76, 20, 44
FILLS = {"male": "#e6eff8", "female": "#f8e8ee"}
MARKS = {"male": "♂", "female": "♀"}


def pedigree_chart(pedigree: Pedigree) -> bytes:
    """Draw a pedigree. An ancestor is drawn in every place that it fills."""
    rows = 1 << pedigree.generations
    height = TOP + rows * (BOX_HEIGHT + GAP) + FOOT
    width = 2 * MARGIN + pedigree.generations * COLUMN + BOX_WIDTH
    subject = next(place for place in pedigree.places if place.number == 1)
    sheet = Sheet(width, height, f"Pedigree of {subject.title}")
    sheet.text(MARGIN, 32, f"Pedigree of {subject.title}", 22, most=60, font_weight="bold")
    said = [pedigree.species, f"owner: {pedigree.owner}" if pedigree.owner else "", pedigree.lineage_status]
    sheet.text(MARGIN, 54, " · ".join(part for part in said if part), 13, most=120, fill="#55645a")
    for place in pedigree.places:
        if place.number > 1:
            _connect(sheet, place, rows)
    for place in pedigree.places:
        _box(sheet, place, rows)
    known = ", ".join(f"{share:.0%}" for share in pedigree.completeness)
    figures = f"inbreeding F = {pedigree.inbreeding:.4g} · known by generation: {known or 'none'}"
    sheet.text(MARGIN, height - 18, figures, 12, most=160, fill="#55645a")
    return sheet.render()


def _middle(number: int, generation: int, rows: int) -> float:
    span = rows >> generation
    return TOP + (number - (1 << generation)) * span * (BOX_HEIGHT + GAP) + span * (BOX_HEIGHT + GAP) / 2


def _left(generation: int) -> int:
    return MARGIN + generation * COLUMN


def _connect(sheet: Sheet, place: Ancestor, rows: int) -> None:
    x, y = _left(place.generation), _middle(place.number, place.generation, rows)
    child = _middle(place.number // 2, place.generation - 1, rows)
    turn = x - (COLUMN - BOX_WIDTH) / 2
    sheet.line([(x - COLUMN + BOX_WIDTH, child), (turn, child), (turn, y), (x, y)])


def _box(sheet: Sheet, place: Ancestor, rows: int) -> None:
    x, y = _left(place.generation), _middle(place.number, place.generation, rows) - BOX_HEIGHT / 2
    fill = FILLS.get(place.sex, "#eef2ee") if place.known else "#fafafa"
    dashes = {} if place.known and not place.hidden else {"stroke_dasharray": "4 3"}
    sheet.box(x, y, BOX_WIDTH, BOX_HEIGHT, 6, fill=fill, stroke="#8a9a8c", **dashes)
    title = f"{MARKS.get(place.sex, '')} {place.title}" if place.known else place.title
    sheet.text(x + 10, y + 21, title, 13, most=24, font_weight="bold")
    below = [place.code if place.name else "", " ".join(place.morphs)]
    sheet.text(x + 10, y + 40, " · ".join(part for part in below if part), 11, most=32, fill="#55645a")
