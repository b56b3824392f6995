"""Forms: the bytes of the file come out as they went in, and nothing that a client sends breaks the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptidex.errors import InvalidError
from reptidex.http.media.multipart import read_upload

KIND = 'multipart/form-data; boundary="edge"'


def form(data: bytes, name: str = "file", filename: str = "kiwi.jpg") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: image/jpeg'
    note = b'--edge\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    return note + b"--edge\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n--edge--\r\n"


@given(st.binary(max_size=2000).filter(lambda data: b"--edge" not in data))
def test_bytes_come_out_as_they_went_in(data: bytes) -> None:
    part = read_upload(form(data), KIND, "")

    assert (part.data, part.content_type, part.name) == (data, "image/jpeg", "kiwi.jpg")


@given(st.binary(max_size=500), st.text(max_size=80))
def test_any_form_is_read_or_refused(body: bytes, boundary: str) -> None:
    try:
        read_upload(body, f"multipart/form-data; boundary={boundary}", "")
    except InvalidError as refusal:
        assert refusal.pointer == "/file"


@pytest.mark.parametrize("body", [b"", b"--edge--", form(b"x")[:-12], form(b"x", name="other"), b"--edge\r\n" * 40])
def test_a_form_without_a_whole_file_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidError):
        read_upload(body, KIND, "")


def test_what_is_no_form_is_the_file_itself() -> None:
    assert read_upload(b"raw", "image/png", "a.png").data == b"raw"
