"""Papers that go with an animal: the certificate of a transfer and the manifest of a shipment, on A4 at 96 dpi."""

from reptidex.domain.drawing.facts import Manifest, Transfer
from reptidex.domain.drawing.svg import Sheet

WIDTH, HEIGHT = 794, 1123


def certificate(transfer: Transfer) -> bytes:
    """Draw a certificate of ownership and lineage."""
    sheet = Sheet(WIDTH, HEIGHT, f"Certificate of {transfer.code}")
    sheet.box(24, 24, WIDTH - 48, HEIGHT - 48, 8, fill="none", stroke="#5f7f5a", stroke_width="3")
    sheet.text(WIDTH / 2, 120, "Certificate of ownership and lineage", 30, text_anchor="middle", font_weight="bold")
    sheet.text(WIDTH / 2, 170, transfer.name or transfer.code, 26, most=40, text_anchor="middle")
    rows = [
        ("Code", transfer.code),
        ("Species", transfer.species),
        ("Morph", transfer.morph or "not recorded"),
        ("Sex", transfer.sex),
        ("Born", transfer.born_on or "not recorded"),
        ("Sire", transfer.sire),
        ("Dam", transfer.dam),
        ("Inbreeding F", f"{transfer.inbreeding:.4g}"),
        ("Lineage", transfer.lineage_status),
        ("Former owner", transfer.former_owner),
        ("Owner", transfer.owner),
        ("Transferred on", transfer.on_day),
        ("Order", transfer.number or "a gift"),
        ("Animal id", transfer.animal_id),
    ]
    _table(sheet, rows, 240)
    sheet.text(WIDTH / 2, HEIGHT - 70, "As recorded at ReptiDex when this paper was made.", 13, text_anchor="middle")
    return sheet.render()


def manifest(shipment: Manifest) -> bytes:
    """Draw a shipping manifest: contents by scientific name, number, and whether venomous (50 CFR 14.81)."""
    sheet = Sheet(WIDTH, HEIGHT, f"Shipping manifest of order {shipment.order_id}")
    sheet.text(60, 100, "Shipping manifest: live animals", 30, font_weight="bold")
    rows = [
        ("Order", shipment.order_id),
        ("Shipper", shipment.shipper),
        ("Consignee", shipment.consignee),
        ("Date", shipment.on_day),
    ]
    below = _table(sheet, rows, 150)
    sheet.text(60, below + 40, "Contents", 20, font_weight="bold")
    contents = [
        (f"{line.count} ×", f"{line.species} · {'VENOMOUS' if line.venomous else 'not venomous'} · {line.details}")
        for line in shipment.lines
    ]
    total = sum(line.count for line in shipment.lines)
    below = _table(sheet, contents, below + 80)
    sheet.text(60, below + 30, f"{total} animals in all", 15, font_weight="bold")
    return sheet.render()


def _table(sheet: Sheet, rows: list[tuple[str, str]], top: int) -> int:
    for place, (name, value) in enumerate(rows):
        y = top + place * 34
        sheet.text(60, y, name, 15, most=24, fill="#55645a")
        sheet.text(230, y, value, 15, most=64)
        sheet.line([(60, y + 11), (WIDTH - 60, y + 11)], stroke="#e0e5e0")
    return top + len(rows) * 34
