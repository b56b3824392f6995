"""What a failed test shows is short, and leaves nothing out."""

from tests.evidence import collapsed


def test_a_run_of_like_lines_is_shown_once_and_counted() -> None:
    polled = [f"Bea: GET /orders/7 200 in {took} ms" for took in (3, 4, 3)]
    text = "\n".join(["Bea: POST /orders 201 in 9 ms", *polled, "Bea: GET /orders/8 200 in 3 ms"])

    assert collapsed(text).splitlines() == [
        "Bea: POST /orders 201 in 9 ms",
        "Bea: GET /orders/7 200 in 3 ms … 3 times",
        "Bea: GET /orders/8 200 in 3 ms",
    ]


def test_lines_that_come_in_turn_are_shown_once_and_counted() -> None:
    assert collapsed("begin\n" + "GET /a 200\nGET /b 404\n" * 5 + "end").splitlines() == [
        "begin",
        "GET /a 200",
        "GET /b 404 … these 2 lines 5 times",
        "end",
    ]


def test_what_was_answered_otherwise_is_shown() -> None:
    text = "GET /a 404 in 1 ms\nGET /a 404 in 2 ms\nGET /a 200 in 2 ms"

    assert collapsed(text) == "GET /a 404 in 1 ms … 2 times\nGET /a 200 in 2 ms"


def test_lines_of_the_access_log_are_alike_but_for_when_and_which_request() -> None:
    line = (
        '{"timestamp":"2026-11-28T13:38:0%d.1Z","level":"INFO","request_id":"%d","status_code":200,"duration_ms":%d.5}'
    )

    assert collapsed("\n".join(line % (n, n, n) for n in range(4))) == line % (0, 0, 0) + " … 4 times"


def test_a_text_without_repeats_stays_as_it_is() -> None:
    assert collapsed("one\ntwo\none\nthree") == "one\ntwo\none\nthree"
    assert collapsed("") == ""
