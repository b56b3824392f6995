"""Sentences on pages, and what a policy lets in."""

import pytest

from reptidex.streams.pages import as_html, source_hash


@pytest.mark.parametrize(
    ("sentence", "html"),
    [
        ("asks for `code` or `recovery_code`", "asks for <code>code</code> or <code>recovery_code</code>"),
        ("the title *Sign in anew*, 2 * 3 * 4", "the title <i>Sign in anew</i>, 2 * 3 * 4"),
        ("`<script>` & <b>", "<code>&lt;script&gt;</code> &amp; &lt;b&gt;"),
        ("one ` alone", "one ` alone"),
    ],
)
def test_a_sentence_is_shown_as_it_was_meant_and_lets_no_markup_in(sentence: str, html: str) -> None:
    assert as_html(sentence) == html


def test_a_script_is_named_as_browsers_reckon_it() -> None:
    # Reckoned by `openssl dgst -sha256 -binary | openssl base64`.
    assert source_hash("doSomething();") == "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc="
