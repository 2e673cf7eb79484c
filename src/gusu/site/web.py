"""The web process: Django as WSGI under granian, on loopback; a proxy in front speaks HTTPS."""

import argparse
import multiprocessing

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from gusu.site.server import lifeline

THREADS = 2 * multiprocessing.cpu_count() + 1  # a request waits for the database about as long as it computes


def main() -> None:
    lifeline.hold()
    parser = argparse.ArgumentParser(prog="python -m gusu.site.web")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes; one core each")
    asked = parser.parse_args()
    Server(
        "gusu.site.wsgi:application",
        address=asked.address,
        port=asked.port,
        interface=Interfaces.WSGI,
        workers=asked.workers,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        websockets=False,
        log_level=LogLevels.warn,
        workers_kill_timeout=8,
    ).serve()


if __name__ == "__main__":
    main()
