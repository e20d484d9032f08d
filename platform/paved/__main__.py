"""`python -m paved`."""

from paved.cli.app import main

main()
