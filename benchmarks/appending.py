"""Eight processes append to the audit trail, in turns with the sealer beside them and without."""

import multiprocessing
import time
from collections.abc import Callable
from ctypes import c_bool, c_long
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connections, transaction

from gusu.kernel.actor import house
from gusu.kernel.audit import trail
from gusu.kernel.audit.sealing import seal_finished_lines

WRITERS, PAIRS = 8, 8
WORK = 0.02  # seconds an action spends on other things
_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Compared:
    """Lines a second without and with the sealer, and the median of the ratios of windows that lay side by side."""

    without: float
    sealed: float
    ratio: float


def compared(append: Callable[[int], None], *, window: float) -> Compared:
    """Windows in the order off on, on off, off on …, so that a drift of the machine falls on both alike."""
    connections.close_all()
    counts, over = _fork.Array(c_long, WRITERS), _fork.Value(c_bool, False)
    sealing = _fork.Value(c_bool, False)
    crew = [_fork.Process(target=_write, args=(append, number, counts, over)) for number in range(WRITERS)]
    crew.append(_fork.Process(target=_seal, args=(sealing, over)))
    for process in crew:
        process.start()
    time.sleep(1)
    without, sealed = [], []
    for pair in range(PAIRS):
        for on in (True, False) if pair % 2 else (False, True):
            (sealed if on else without).append(_rate(counts, sealing, window, on))
    over.value = True
    for process in crew:
        process.join()
    ratios = [with_sealer / alone for with_sealer, alone in zip(sealed, without, strict=True)]
    return Compared(median(without), median(sealed), median(ratios))


def back_to_back(number: int) -> None:
    """Nothing but the line."""
    with transaction.atomic():
        trail.append("bench.append", by=house(f"writer-{number}"), detail={"batch": "divisions/000001", "rows": 5717})


def within_an_action(number: int) -> None:
    """As most actions are: the line, and some other work in the same transaction."""
    with transaction.atomic():
        time.sleep(WORK)
        trail.append("bench.act", by=house(f"writer-{number}"), detail={"batch": "divisions/000001", "rows": 5717})


def _rate(counts: Any, sealing: Any, window: float, on: bool) -> float:
    """Lines a second in one window. What an unsealed window left is sealed before the next is measured."""
    connections.close_all()
    while seal_finished_lines() > WRITERS * 50:
        pass
    connections.close_all()
    sealing.value = on
    time.sleep(0.2)
    before, began = sum(counts), time.monotonic()
    time.sleep(window)
    rate = (sum(counts) - before) / (time.monotonic() - began)
    sealing.value = False
    return rate


def _write(append: Callable[[int], None], number: int, counts: Any, over: Any) -> None:
    while not over.value:
        append(number)
        counts[number] += 1
    connections.close_all()


def _seal(sealing: Any, over: Any) -> None:
    """As the worker does: every second."""
    while not over.value:
        if sealing.value:
            seal_finished_lines()
        time.sleep(1)
    connections.close_all()
