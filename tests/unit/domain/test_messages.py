"""The words of messages."""

import string
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.domain.messages import DELIVERABLE, TEMPLATES, channels_for, fill, money_text
from reptidex.domain.suspicion import is_suspicious

NAMES = st.sampled_from(sorted(TEMPLATES))
FIELDS = sorted(
    {
        field
        for kind in TEMPLATES.values()
        for text in (kind.subject, kind.text)
        for _, field, _, _ in string.Formatter().parse(text)
        if field
    }
)


class Tags(HTMLParser):
    """Notes the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


@given(NAMES, st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=50)))
def test_no_fact_brings_markup_or_a_second_line_into_a_message(name: str, facts: dict[str, str]) -> None:
    words, page = fill(name, facts), Tags()
    page.feed(words.html)

    assert page.tags <= {"html", "body", "p", "a"}
    assert words.text.count("\n") == TEMPLATES[name].text.count("\n")
    assert words.subject.isprintable() and len(words.subject) <= 200


@given(NAMES)
def test_a_template_without_facts_is_still_readable(name: str) -> None:
    words = fill(name, {})

    assert words.text and "{" not in words.subject + words.text


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_link_that_a_message_depends_on_stands_in_its_text(name: str) -> None:
    kind = TEMPLATES[name]

    assert not kind.link or f"{{{kind.link}}}" in kind.text


def test_a_link_can_be_clicked() -> None:
    words = fill("welcome", {"display_name": "Sam", "link": 'https://x.example/?a=1&b="2"'})

    assert '<a href="https://x.example/?a=1&amp;b=&quot;2&quot;">' in words.html


def test_nobody_puts_a_link_of_theirs_into_a_message_of_ours() -> None:
    words = fill("inquiry.created", {"title": "Pastel\n\nhttps://evil.example/sign-in\n\n"})

    assert "<a " not in words.html


@given(NAMES, st.dictionaries(NAMES, st.lists(st.sampled_from(["email", "sms", "push", "inapp"]))))
def test_a_message_goes_over_channels_that_exist_and_what_must_be_told_is(
    name: str, chosen: dict[str, list[str]]
) -> None:
    channels = channels_for(name, chosen)

    assert set(channels) <= set(DELIVERABLE)
    assert not TEMPLATES[name].must or channels == TEMPLATES[name].channels


@given(st.integers(-(10**9), 10**9))
def test_money_reads_back_as_the_amount(amount: int) -> None:
    number, currency = money_text(amount, "USD").split()

    assert (round(float(number) * 100), currency) == (amount, "USD")


@pytest.mark.parametrize(
    "text",
    [
        "Pay me by Western  Union",
        "friends & family please",
        "see https://a.example https://b.example www.c.example www.d.example",
        "THIS IS THE BEST PYTHON THAT YOU HAVE EVER SEEN ANYWHERE",
    ],
)
def test_what_moderators_want_to_see_is_suspicious(text: str) -> None:
    assert is_suspicious(text)


@pytest.mark.parametrize("text", ["", "She eats every week.", "CITES II", "see https://a.example and www.b.example"])
def test_everyday_talk_is_not_suspicious(text: str) -> None:
    assert not is_suspicious(text)
