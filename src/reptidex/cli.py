"""The command line: one parser; each command lives beside the part it drives."""

import argparse
import logging
import sys
from importlib import import_module

from reptidex import __version__
from reptidex.errors import ReptidexError

DESCRIPTION = "ReptiDex: a platform for people who keep and breed reptiles, with a trustworthy lineage."


PARTS: dict[str, tuple[str, ...]] = {
    "reptidex.platform.commands": ("run", "up", "demo", "graph", "settings", "openapi", "admin"),
    "reptidex.commands.contracts": ("contracts", "asyncapi"),
    "reptidex.commands.catalogue": ("catalogue",),
    "reptidex.commands.letters": ("dead-letters",),
    "reptidex.commands.migrate": ("migrate",),
    "reptidex.interchange.command": ("import", "export"),
    "reptidex.commands.keys": ("keys",),
    "reptidex.platform.replay_command": ("replay",),
    "reptidex.commands.restored": ("restored",),
    "reptidex.platform.bridge.command": ("bridge",),
    "reptidex.devlog.command": ("log",),
    "reptidex.probe.command": ("probe-broker",),
    "reptidex.provisioning.command": ("aws",),
    "reptidex.publishing.command": ("publish",),
    "reptidex.commands.verify": ("verify",),
}
"""The commands by the module that has them, in the order of the help."""


def parser(asked: str = "") -> argparse.ArgumentParser:
    """Build the parser of all commands, or of those alone that stand in one module with the command asked for.

    A worker shall not hold in memory what other commands print and migrate with. A command sets `run`, a function of the parsed
    arguments that returns an exit code.
    """
    root = argparse.ArgumentParser(prog="reptidex", description=DESCRIPTION)
    root.add_argument("--version", action="version", version=f"reptidex {__version__}")
    commands = root.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for module in [name for name, names in PARTS.items() if asked in names] or PARTS:
        import_module(module).add_parsers(commands)
    return root


def main(arguments: list[str] | None = None) -> None:
    """Run one command; an error of ours or of the system (a file, a port) is told on standard error, with exit code 1."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # Where a command sets up no logging, what the client says on the way is said again by the error that ends it.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        parsed = parser(arguments[0] if arguments else "").parse_args(arguments)
        code: int | None = parsed.run(parsed)
    except ReptidexError as problem:
        print(f"reptidex: {problem}", file=sys.stderr)
        sys.exit(1)
    except ModuleNotFoundError as problem:
        # The doubles and the probe use libraries of the development group, which a wheel does not bring.
        print(f"reptidex: this needs {problem.name}, which is not installed; requirements.lock has it", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as problem:
        logging.getLogger(__name__).debug("where it came from", exc_info=True)
        print(f"reptidex: {said_by_the_system(problem)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code or 0)


def said_by_the_system(problem: OSError) -> str:
    """Return an error of the operating system as a person would say it: the file first, no number."""
    what = problem.strerror or str(problem) or type(problem).__name__
    return f"{problem.filename}: {what}" if problem.filename else what
