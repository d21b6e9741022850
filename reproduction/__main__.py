"""The command ``python -m reproduction``: list, run, check, claims."""

from __future__ import annotations

import argparse
import json
import sys

# Exit codes: 0 all is well, 1 a failure, 2 a command that makes no sense, 130 interrupted (Ctrl-C).
FAILURE, USAGE, INTERRUPTED = 1, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        print(f"stopped; {options.interrupted}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has gone
        sys.stderr.close()
        return FAILURE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m reproduction", description=(
        "The experiments of the paper on lrdlib: run them, check the published results, judge the claims."))
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="the experiments, their scales and published results")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(command=_list, interrupted="nothing was under way")

    command = commands.add_parser("run", help="run an experiment, or go on with it", description=(
        "Run an experiment. Every finished block is kept: after an interruption of any kind the same command goes on."))
    command.add_argument("id", metavar="ID", help="an experiment named by list")
    command.add_argument("--scale", required=True, metavar="SCALE", help="quick, paper or full")
    command.add_argument("--processes", type=_positive, metavar="N", help="worker processes; default: one a core")
    command.add_argument("--publish", action="store_true", help="put the result among the published ones")
    command.add_argument("--allow-modified", action="store_true",
                         help="publish although the code has been modified since its commit")
    command.add_argument("--out", metavar="FOLDER", help="where unfinished work and unpublished results are kept")
    command.set_defaults(command=_run, interrupted="finished blocks are kept: the same command goes on")

    command = commands.add_parser("check", help="recompute blocks of the published results, and compare")
    command.add_argument("ids", nargs="*", metavar="ID", help="experiments; default: all published ones")
    command.add_argument("--seed", type=_not_negative, default=0, metavar="N", help="which blocks are sampled (0)")
    command.add_argument("--seconds", type=_seconds, default=20.0, metavar="S", help="time for each result (20)")
    command.set_defaults(command=_check, interrupted="the rest was not checked")

    command = commands.add_parser("claims", help="the paper's claims and what became of them")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.set_defaults(command=_claims, interrupted="nothing was under way")
    return parser


def _list(options) -> int:
    from reproduction import experiment, folders

    try:
        found = experiment.experiments()
    except experiment.ExperimentError as error:
        return _fail(error)
    rows = []
    for id, known in found.items():
        path = folders.published(id)
        rows.append({"id": id, "title": known.title, "scales": list(known.scales), "publishes": known.published,
                     "result": str(path) if path.exists() else None})
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print(f"{row['id']}: {row['title']}")
        print(f"    scales: {', '.join(row['scales'])}; published at scale {row['publishes']}: "
              f"{row['result'] or 'not yet'}")
    return 0


def _run(options) -> int:
    from reproduction import blocks, experiment, runner

    try:
        path = runner.run(options.id, options.scale, options.processes, options.publish, options.out,
                          allow_modified=options.allow_modified)
    except runner.BlockError as error:
        return _fail(error)
    except blocks.Busy as error:
        return _fail(f"{options.id} ({options.scale}): {error}")
    except (experiment.ExperimentError, blocks.Unusable) as error:
        return _fail(error, USAGE)
    print(path)
    return 0


def _check(options) -> int:
    from reproduction import check, experiment, results

    good, some = True, False
    try:
        for report in check.check_all(options.ids, options.seed, options.seconds):
            print(report, flush=True)
            good, some = good and not report.problems, True
    except results.MissingResult as error:
        return _fail(error, USAGE)
    except experiment.ExperimentError as error:
        return _fail(error)
    if not some:
        print("no results are published yet")
    return 0 if good else FAILURE


def _claims(options) -> int:
    from reproduction import claims

    ledger = claims.judge_all()
    if options.json:
        print(json.dumps([row.as_dict() for row in ledger], indent=1, ensure_ascii=False))
    else:
        print(claims.as_text(ledger))
    return 0


def _fail(error, code: int = FAILURE) -> int:
    print(f"python -m reproduction: {error}", file=sys.stderr)
    return code


def _positive(text: str) -> int:
    return _integer(text, 1)


def _not_negative(text: str) -> int:
    return _integer(text, 0)


def _integer(text: str, minimum: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = minimum - 1
    if value < minimum:
        raise argparse.ArgumentTypeError(f"must be an integer >= {minimum}, got {text!r}")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, got {text!r}")
    return value


if __name__ == "__main__":
    sys.exit(main())
