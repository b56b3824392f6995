"""What is known of a species' names and breeding: subspecies, and the stages of a season, each figure with its source."""

import msgspec

from reptidex.errors import InvalidError


class Subspecies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subspecies that keepers tell apart."""

    name: str
    """The trinomial, such as `Morelia spilota cheynei`."""
    common_names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number of days between two stages, from the least to the most that a source gives."""

    days: tuple[int, int]
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.days[0] <= self.days[1]:
            raise InvalidError(f"{self.days[0]} to {self.days[1]} days is no span", "/days")


class Warmth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Temperatures of incubation in degrees Celsius."""

    celsius: tuple[float, float]
    best: float | None = None
    source: str


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stages of a breeding season; None where no source was found, and then nothing is foretold."""

    mating_to_laying: Span | None = None
    ovulation_to_shed: Span | None = None
    """To the pre-lay shed (post-ovulation shed)."""
    shed_to_laying: Span | None = None
    ovulation_to_birth: Span | None = None
    """Of live-bearing species."""
    shed_to_birth: Span | None = None
    hatching: Span | None = None
    """From the first egg of a clutch that pips to the last."""
    between_clutches: Span | None = None
