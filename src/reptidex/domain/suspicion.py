"""The automatic look at what people write: whether a moderator should see it. Pure; it refuses nothing by itself."""

import re

LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
OFF_PLATFORM = re.compile(
    r"western\s*union|money\s*gram|gift\s*cards?|friends\s+(and|&)\s+family|pay\s+outside|crypto\s*wallet|"
    r"whats\s*app|telegram|wire\s+transfer",
    re.IGNORECASE,
)
"""Ways around the platform's payments, which is how buyers lose their money."""
MOST_LINKS = 3
SHOUTING = 0.7
SHOUTED_LETTERS = 30


def is_suspicious(text: str) -> bool:
    """Tell whether a text wants a moderator: many links, a way around our payments, or nothing but capitals."""
    if len(LINK.findall(text)) > MOST_LINKS or OFF_PLATFORM.search(text):
        return True
    letters = [letter for letter in text if letter.isalpha()]
    shouted = sum(letter.isupper() for letter in letters)
    return len(letters) >= SHOUTED_LETTERS and shouted / len(letters) > SHOUTING
