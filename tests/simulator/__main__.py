"""The simulator by hand: python -m tests.simulator --seeds 100000 --from 0 --resume FILE --json FILE; --show SEED."""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.test")

from tests.simulator import campaign


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--from", type=int, default=0, dest="begin", help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--resume", type=Path, help="keep what is done in this file, and go on from it")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--show", type=int, metavar="SEED", help="replay one seed and print what happened")
    parser.add_argument("--variant", default="", help="with --show: the name of a wrong engine")
    return parser.parse_args()


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def show(seed: int, variant: str) -> int:
    """One seed, step by step."""
    campaign.ready()
    from tests.simulator import variants
    from tests.simulator.world import World

    wrong = next((one for one in variants.VARIANTS if one.__name__ == variant), None)
    world = variants.world_of(wrong, seed) if wrong else World(seed)
    found = world.run(wrong.steps) if wrong else world.run()
    lines = [f"seed {seed}, {world.kind}, {world.engine.chosen}", *world.trace]
    lines += [str(event) for event in world.store.journal]
    say("\n".join([*lines, *found.violations, "held" if not found.violations else "NOT held"]))
    return bool(found.violations)


def main() -> int:
    options = arguments()
    if options.show is not None:
        return show(options.show, options.variant)
    campaign.ready()
    facts = {"begin": options.begin, "seeds": options.seeds, "processes": options.processes}
    tally = campaign.campaign(**facts, resume=options.resume, say=say)
    say(campaign.summary(tally))
    if options.json:
        options.json.write_text(campaign.as_json(tally), encoding="utf-8")
    return 0 if tally.held else 1


if __name__ == "__main__":
    sys.exit(main())
