"""The picture that stands for an animal until somebody uploads a photo: the same animal always gets the same one."""

from hashlib import sha256

from reptidex.domain.drawing.svg import Sheet

SIZE = 480
PALETTES = (("#dfe9dc", "#5f7f5a"), ("#efe6d5", "#9a7b3f"), ("#dbe7ea", "#4f7f8b"), ("#eadfe6", "#86607a"))


def placeholder(animal_id: str, code: str, species: str) -> bytes:
    """Draw a coiled snake over the animal's code."""
    seed = sha256(animal_id.encode()).digest()
    ground, body = PALETTES[seed[0] % len(PALETTES)]
    sheet = Sheet(SIZE, SIZE, f"No photo yet of {code}", background=ground)
    for turn in range(4):
        sheet.circle(240, 205, 120 - turn * 30, fill="none", stroke=body, stroke_width="16")
    for place, byte in enumerate(seed[1:9]):
        x, y = (
            240 + 120 * (1, 0.7, 0, -0.7, -1, -0.7, 0, 0.7)[place],
            205 + 120 * (0, 0.7, 1, 0.7, 0, -0.7, -1, -0.7)[place],
        )
        sheet.circle(x, y, 3 + byte % 5, fill=ground)
    sheet.text(240, 395, code, 34, most=18, text_anchor="middle", font_weight="bold", fill=body)
    sheet.text(240, 430, species, 20, most=40, text_anchor="middle", font_style="italic", fill=body)
    return sheet.render()
