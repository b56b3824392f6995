"""Animals as a table. Lists stand in one cell: `Albino; Pied`, `albino=albino/+; pied=pied/pied@2/3`, `ring=R7; tag=A1`.

A gene may say its chance, its evidence and the parent of its first allele: `albino=albino/+@2/3!parentage<sire`.

A mark with more to say than its kind and value, and a text with a semicolon, are written as JSON in the cell.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from reptidex.domain.interchange.animals import AnimalEntry, Animals, GeneEntry, MarkEntry
from reptidex.domain.interchange.cells import Line, read_table, write_table
from reptidex.domain.interchange.reading import Numbered, Problem, Reading, check_storable, text_of
from reptidex.domain.interchange.words import date_of, date_text, parent_of, sex_of

ALIASES: dict[str, tuple[str, ...]] = {
    "external_ref": ("reference", "ref", "source_id", "record_id"),
    "code": ("id", "animal_id", "identifier"),
    "name": ("call_name",),
    "species": ("scientific_name", "common_name", "category"),
    "subspecies": (),
    "sex": ("gender",),
    "born": (
        "birth",
        "birth_date",
        "birthdate",
        "date_of_birth",
        "dob",
        "hatched",
        "hatch_date",
        "hatched_on",
        "born_on",
    ),
    "died": ("death", "date_of_death", "died_on"),
    "status": ("state",),
    "visibility": (),
    "placeholder": (),
    "morphs": ("morph", "traits", "genetics"),
    "genotype": ("genes",),
    "reckoned": (),
    "phenotype": ("description", "appearance"),
    "sire": ("father", "sire_code", "sire_id"),
    "dam": ("mother", "dam_code", "dam_id"),
    "hybrid": (),
    "founder_inbreeding": (),
    "marks": ("identification",),
    "notes": ("note", "comment", "comments"),
    "microchip": ("chip", "pit_tag"),
    "tag": (),
    "ring": ("band",),
    "tattoo": (),
}
COLUMNS = tuple(name for name in ALIASES if name not in ("microchip", "tag", "ring", "tattoo"))
_WORDS = re.compile(r"[^;/@!=<\[\]]+")
_TRUE = {"1", "true", "yes", "y", "x"}
_STATUSES = {"alive": "active", "available": "active", "dead": "deceased", "hold": "holdback", "loan": "lease"}

T = TypeVar("T")


def read_animals_csv(raw: bytes) -> Animals:
    """Read animals. Raises `UnreadableError`."""
    table = read_table(text_of(raw), ALIASES, ())
    entries, problems = list[Numbered[AnimalEntry]](), list(table.problems)
    for line in table.lines:
        one = _entry(line, problems)
        if one is not None:
            entries.append(Numbered(line=line.number, entry=one))
    return Reading(entries=entries, problems=problems, ignored=table.ignored)


def _entry(line: Line, problems: list[Problem]) -> AnimalEntry | None:
    values: dict[str, Any] = {}
    wrong = len(problems)
    for field, cell in line.cells.items():
        word = cell.strip()
        if not word:
            continue
        try:
            reader = _READERS.get(field)
            if field in ("microchip", "tag", "ring", "tattoo"):
                values.setdefault("marks", []).append({"kind": field, "value": word})
            elif field == "marks":
                values.setdefault("marks", []).extend(_marks(word))
            else:
                values[field] = reader(word) if reader else word
        except (ValueError, msgspec.MsgspecError) as problem:
            problems.append(Problem(line=line.number, field=field, rule="value", text=str(problem)))
    if len(problems) > wrong:
        return None
    try:
        return msgspec.convert(values, AnimalEntry)
    except msgspec.ValidationError as problem:
        text, _, place = str(problem).partition(" - at `$")
        problems.append(Problem(line=line.number, field=place.strip("`.").split("[")[0], rule="value", text=text))
        return None


def _sex(word: str) -> str:
    sex = sex_of(word)
    if sex is None:
        raise ValueError(f"{word!r} is no sex; write male, female or unknown")
    return sex


def _status(word: str) -> str:
    return _STATUSES.get(word.casefold(), word.casefold())


def _listed(word: str, one: Callable[[str], Any]) -> list[Any]:
    if word.startswith("["):
        try:
            found: list[Any] = msgspec.json.decode(word, type=list[Any])
        except RecursionError:
            raise ValueError("a list in a cell has no lists in lists in lists without end") from None
        check_storable(found)
        return found
    return [one(part.strip()) for part in word.split(";") if part.strip()]


def _gene(word: str) -> dict[str, Any]:
    text, _, origin = word.partition("<")
    text, _, evidence = text.partition("!")
    text, _, chance = text.partition("@")
    locus, _, alleles = text.partition("=")
    if not locus.strip() or not alleles.strip():
        raise ValueError(f"{word[:60]!r} is no gene; write locus=allele/allele, such as albino=albino/+")
    gene: dict[str, Any] = {"locus": locus.strip(), "alleles": [each.strip() for each in alleles.split("/")]}
    rest = (("probability", chance), ("evidence", evidence), ("inherited_from", origin))
    return gene | {name: said.strip() for name, said in rest if said.strip()}


def _marks(word: str) -> list[Any]:
    def one(text: str) -> dict[str, str]:
        kind, _, value = text.partition("=")
        if not value.strip():
            raise ValueError(f"{text[:60]!r} is no mark; write kind=value, such as ring=R7")
        return {"kind": kind.strip(), "value": value.strip()}

    return _listed(word, one)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "sex": _sex,
    "born": lambda word: date_text(*date_of(word)),
    "died": lambda word: date_text(*date_of(word)),
    "status": _status,
    "visibility": str.casefold,
    "placeholder": lambda word: word.casefold() in _TRUE,
    "hybrid": lambda word: word.casefold() in _TRUE,
    "founder_inbreeding": float,
    "morphs": lambda word: _listed(word, lambda part: part),
    "genotype": lambda word: _listed(word, _gene),
    "reckoned": lambda word: _listed(word, _gene),
    "sire": lambda word: parent_of(word)[0],
    "dam": lambda word: parent_of(word)[0],
}


def write_animals_csv(animals: Iterable[AnimalEntry], *, heading: bool = True) -> str:
    """Write animals as a table."""
    return write_table(COLUMNS, ([_cell(one, name) for name in COLUMNS] for one in animals), heading=heading)


def _cell(one: AnimalEntry, field: str) -> str:
    value = getattr(one, field)
    match field:
        case "morphs":
            return _written(value, lambda morph: morph if _WORDS.fullmatch(morph) and morph == morph.strip() else None)
        case "genotype" | "reckoned":
            return _written(value, _gene_text)
        case "marks":
            return _written(value, _mark_text)
        case "founder_inbreeding":
            return "" if value is None else repr(value)
        case "placeholder" | "hybrid":
            return "yes" if value else ""
        case _:
            return value or ""


def _written(values: Iterable[T], plain: Callable[[T], str | None]) -> str:
    every = list(values)
    texts = [plain(each) for each in every]
    if any(text is None for text in texts):
        return msgspec.json.encode(every).decode()
    return "; ".join(text for text in texts if text is not None)


def _gene_text(gene: GeneEntry) -> str | None:
    if not all(_WORDS.fullmatch(word) and word == word.strip() for word in (gene.locus, *gene.alleles)):
        return None
    text = f"{gene.locus}={'/'.join(gene.alleles)}"
    text += f"@{gene.probability}" if gene.probability else ""
    text += f"!{gene.evidence}" if gene.evidence != "claim" else ""
    return text + (f"<{gene.inherited_from}" if gene.inherited_from else "")


def _mark_text(mark: MarkEntry) -> str | None:
    bare = mark == MarkEntry(kind=mark.kind, value=mark.value)
    plain = _WORDS.fullmatch(mark.value) and mark.value == mark.value.strip()
    return f"{mark.kind}={mark.value}" if bare and plain else None
