"""`python -m evaluations.scoring FILE.csv --config FILE.json`, see docs/scoring.md."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from evaluations.scoring.command import parser, score_file
from evaluations.scoring.wrong_input import WrongInput


def main(arguments: Sequence[str] | None = None) -> int:
    """0 with the report on stdout; 1 with one line on stderr; 2 for wrong usage."""
    given = parser().parse_args(arguments)
    # What goes wrong with weights stands in the report; stderr is for refusals.
    logging.getLogger("evaluations.scoring").addHandler(logging.NullHandler())
    try:
        contents = score_file(given.answers, given.config)
    except WrongInput as problem:
        print(problem, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(contents)
    return 0


if __name__ == "__main__":
    sys.exit(main())
