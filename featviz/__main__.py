"""``python -m featviz``."""

from featviz.cli import main

main()
