"""Old payloads made new: pure functions from one version of a contract to the next.

    @upcaster("animal.created", version=1)
    def _species_by_id(data: dict[str, Any]) -> dict[str, Any]:
        '''Version 2 names the species by its id.'''
        return data | {"species_id": SPECIES[data["species"]]}

They run on the decoded mapping, before it is typed, and only for events whose `dataschema` says an older version.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reptidex.errors import ContractError
from reptidex.streams.contract import Contract

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_upcasters: dict[tuple[str, int], Upcaster] = {}


def upcaster(name: str, *, version: int) -> Callable[[Upcaster], Upcaster]:
    """Register the step of a contract from `version` to the next one.

    Raises `ContractError` where that step has a function already.
    """

    def decorate(function: Upcaster) -> Upcaster:
        if (name, version) in _upcasters:
            raise ContractError(f"{name} has two upcasters from version {version}")
        _upcasters[name, version] = function
        return function

    return decorate


def upcast(contract: Contract, data: dict[str, Any], version: int) -> dict[str, Any]:
    """Bring a payload from `version` to the version that the contract has now; `data` itself is left as it is.

    Raises `ContractError` where a step is missing, and where one fails: old bytes are not typed, and may hold anything.
    """
    data = dict(data)
    for step in range(version, contract.version):
        function = _upcasters.get((contract.name, step))
        if function is None:
            raise ContractError(f"{contract.name}: nothing brings version {step} to version {step + 1}")
        try:
            data = function(data)
        except Exception as problem:
            where = f"version {step} cannot be brought to version {step + 1}"
            raise ContractError(f"{contract.name}: {where}: {problem!r}") from problem
    return data


def steps() -> Mapping[tuple[str, int], Upcaster]:
    """Return all upcasters by contract name and the version that they start from."""
    return dict(_upcasters)
