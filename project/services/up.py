"""`make up`: start the stack, then watch it until somebody stops it."""

import asyncio
import functools
import signal
from collections.abc import Mapping

from project.services import checks, leftovers, lock, stackfile
from project.services.errors import ServiceError
from project.services.logs import Logs
from project.services.options import Options
from project.services.startup import Stack
from project.services.supervisor import Supervisor
from project.services.terminal import Terminal


async def run(options: Options, environ: Mapping[str, str], terminal: Terminal) -> int:
    """Start, watch, stop; the status for the shell."""
    logs = Logs(options.home / "logs", terminal)
    try:
        checks.home(options)
        checks.disk(options)
        with lock.held(options.home):
            return await _run_locked(options, environ, terminal, logs)
    except ServiceError as error:
        terminal.plain(f"make up: {error}")
        return 1
    finally:
        logs.close()


async def _run_locked(options: Options, environ: Mapping[str, str], terminal: Terminal, logs: Logs) -> int:
    stackfile.remove(options.home)  # of a run that was killed
    for name in leftovers.end(options.home):
        logs.say(f"ended {name}, left over from a run that was killed")
    checks.free_ports(options)
    supervisor = Supervisor(line=logs.line, say=logs.say, changed=functools.partial(leftovers.remember, options.home))
    stop = _stop_on_signals(supervisor, logs)
    starting = Stack(options, environ, logs, terminal, supervisor)
    try:
        await _start_or_stop(starting, stop)
        await stop.wait()
    finally:
        await supervisor.stop()
        stackfile.remove(options.home)
        leftovers.remember(options.home, {})
        logs.say("stopped")
    return 0


async def _start_or_stop(starting: Stack, stop: asyncio.Event) -> None:
    """Start; give up at once when somebody stops us meanwhile. Raises what the start raised."""
    start, stopped = asyncio.create_task(starting.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({start, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if start.done():
        start.result()
    else:
        start.cancel()
        await asyncio.wait({start})


def _stop_on_signals(supervisor: Supervisor, logs: Logs) -> asyncio.Event:
    """An event that comes with Ctrl-C, SIGTERM or a closed terminal; the second Ctrl-C hastens the stop."""
    stop = asyncio.Event()

    def asked(number: signal.Signals) -> None:
        if stop.is_set():
            supervisor.hastened.set()
        else:
            logs.say(f"{number.name}: stopping; once more to hasten")
            stop.set()

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            asyncio.get_running_loop().add_signal_handler(number, asked, number)
    return stop
