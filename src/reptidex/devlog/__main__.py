"""`python -m reptidex.devlog`: the same as `reptidex log`."""

import argparse
import sys

from reptidex.devlog.command import add_arguments, run

parser = argparse.ArgumentParser(prog="python -m reptidex.devlog", description=run.__doc__)
add_arguments(parser)
sys.exit(run(parser.parse_args()))
