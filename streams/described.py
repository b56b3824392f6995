"""What the source says of a message's fields: the string under a field is its description."""

import ast
import inspect
import itertools
import textwrap
from functools import cache

import msgspec


@cache
def field_docs(cls: type[msgspec.Struct]) -> dict[str, str]:
    """Return the description of each field that has one, those of base classes included."""
    found: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        if issubclass(owner, msgspec.Struct) and "__annotations__" in vars(owner):
            found |= _docs_in(owner)
    return {name: text for name, text in found.items() if name in cls.__struct_fields__}


def summary(cls: type[msgspec.Struct]) -> str:
    """Return the first line of the class's docstring."""
    return (cls.__doc__ or "").strip().split("\n")[0]


def _docs_in(owner: type[msgspec.Struct]) -> dict[str, str]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    except (OSError, TypeError):  # a class that has no source file
        return {}
    docs: dict[str, str] = {}
    members = body.body if isinstance(body, ast.ClassDef) else []
    for field, after in itertools.pairwise(members):
        match field, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = " ".join(text.split())
    return docs
