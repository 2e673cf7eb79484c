"""The cord between the supervisor and its children: when it breaks, they end themselves.

The supervisor keeps the writing end of a pipe and never writes. Its death, by whatever signal, closes that end; a
thread in each child that waits on the reading end then wakes.  Linux has PR_SET_PDEATHSIG besides; this works
everywhere.
"""

import os
import signal
import threading
import time

VARIABLE = "GUSU_LIFELINE"
PATIENCE = 5.0


def hold() -> None:
    """Call first in a child's main. Does nothing when no supervisor started us."""
    cord = os.environ.pop(VARIABLE, "")
    if cord:
        threading.Thread(target=_watch, args=(int(cord),), name="lifeline", daemon=True).start()


def _watch(cord: int) -> None:
    os.read(cord, 1)
    os.killpg(os.getpgrp(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.killpg(os.getpgrp(), signal.SIGKILL)
