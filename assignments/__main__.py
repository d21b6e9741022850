"""The command line: ``python -m assignments check FILE``; for a teacher also ``course`` and ``grade``."""

from __future__ import annotations

import argparse
import sys

from assignments import notebooks
from assignments.check import check_file

try:
    from assignments.teacher import commands
except ModuleNotFoundError:  # the copy that students get
    commands = None


def main(arguments=None) -> int:
    """Parse and obey; the exit code is 0 if all went well (for `check`: if every visible test passes)."""
    parser = argparse.ArgumentParser(prog="python -m assignments", description=__doc__)
    orders = parser.add_subparsers(dest="order", required=True)
    order = orders.add_parser("check", help="run the visible tests of a notebook before handing it in")
    order.add_argument("file", help="the notebook; visible.json lies beside it")
    if commands is not None:
        commands.add(orders)
    said = parser.parse_args(arguments)
    try:
        if said.order == "check":
            return 0 if check_file(said.file) else 1
        return commands.obey(said)
    except notebooks.Unreadable as error:
        print(f"{said.file} {error}." if said.order == "check" else error, file=sys.stderr)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"{error.strerror}{where}" if error.strerror else error, file=sys.stderr)
    except (TypeError, ValueError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
