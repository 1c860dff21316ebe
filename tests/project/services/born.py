"""Run as a program by a mother: it says who it is, then does what its word asks for."""

import os
import signal
import sys

if __name__ == "__main__":
    print("to standard error", file=sys.stderr, flush=True)  # noqa: T201
    print(os.getppid(), os.getsid(0) == os.getpid(), sys.stdin.read() == "", flush=True)  # noqa: T201
    if sys.argv[1] == "wait":
        signal.pause()
    sys.exit(3)
