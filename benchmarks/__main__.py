"""The command ``python -m benchmarks``."""

from __future__ import annotations

import argparse

from benchmarks import basins, em, grading, guessing, latch, nets, theorems

TINY = {"basins": {"points": 8, "horizon": 60, "loop": 4, "turns": 2},
        "em": {"models": 4, "T": 6, "sequences": 12, "loop": 2, "turns": 2},
        "grading": {"students": 3, "loop": 2, "turns": 1},
        "guessing": {"trials": 60, "sequences": 10, "T": 8, "loop": 2, "turns": 2},
        "latch": {"neurons": 8, "epochs": 2, "loop": 2, "turns": 2},
        "nets": {"nets": 4, "T": 6, "loop": 2, "turns": 2},
        "theorems": {"systems": 8, "T": 6, "loop": 2, "turns": 2}}


def main(arguments=None):
    """Run the workloads that are asked for, and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks",
                                     description="lrdlib beside what one would write instead.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD",
                        help="basins, em, grading, guessing, latch, nets, theorems; default: all")
    parser.add_argument("--tiny", action="store_true", help="only to see that it runs")
    options = parser.parse_args(arguments)
    known = {"basins": basins.run, "em": em.run, "grading": grading.run, "guessing": guessing.run, "latch": latch.run,
             "nets": nets.run, "theorems": theorems.run}
    if unknown := set(options.workloads) - set(known):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    for name in options.workloads or known:
        print(known[name](**TINY[name] if options.tiny else {}), end="\n\n")


if __name__ == "__main__":
    main()
