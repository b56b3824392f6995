"""Quix Streams with its own serialisers left out: bytes in and out, decoded by msgspec as every other contender."""

from benchmarks.contenders.quix import main
from benchmarks.contenders.shared import decode, output

if __name__ == "__main__":
    main("bytes", "bytes", decode, lambda asked, seen: output(asked, seen, asked.data.grams))
