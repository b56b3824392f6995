"""`python -m reptidex` is the command `reptidex`."""

from reptidex.cli import main

main()
