"""The command line: one parser; each command lives beside the part it drives."""

import argparse
import sys

from reptidex import __version__
from reptidex.errors import ReptidexError

DESCRIPTION = "ReptiDex: a platform for people who keep and breed reptiles, with a trustworthy lineage."


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands. A command sets `run`, a function of the parsed arguments that returns an exit code."""
    # Imported here so that `import reptidex.cli` stays cheap for the import rules and for completion.
    from reptidex import catalogue_command, contracts_command, engine_commands, interchange_commands
    from reptidex.devlog import command as log_command
    from reptidex.platform import commands as platform_commands
    from reptidex.platform import replay_command
    from reptidex.platform.bridge import command as bridge_command
    from reptidex.probe import command as probe_command
    from reptidex.provisioning import command as provisioning_command
    from reptidex.publishing import command as publishing_command

    root = argparse.ArgumentParser(prog="reptidex", description=DESCRIPTION)
    root.add_argument("--version", action="version", version=f"reptidex {__version__}")
    commands = root.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    platform_commands.add_parsers(commands)
    contracts_command.add_parsers(commands)
    catalogue_command.add_parsers(commands)
    engine_commands.add_parsers(commands)
    interchange_commands.add_parsers(commands)
    replay_command.add_parser(commands)
    bridge_command.add_parser(commands)
    log_command.add_parser(commands)
    probe_command.add_parser(commands)
    provisioning_command.add_parsers(commands)
    publishing_command.add_parser(commands)
    return root


def main(arguments: list[str] | None = None) -> None:
    """Run one command; an error of ours is one line on standard error and exit code 1."""
    parsed = parser().parse_args(arguments)
    try:
        code: int | None = parsed.run(parsed)
    except ReptidexError as problem:
        print(f"reptidex: {problem}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code or 0)
