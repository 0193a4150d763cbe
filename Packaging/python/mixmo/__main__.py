"""python -m mixmo: the command."""

from ._program import main

main()
