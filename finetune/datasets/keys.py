"""Which of many 64-bit keys stand more than once, in memory that stays small beside the keys themselves."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter

#: Keys that are looked at together; decides the memory (about 80 bytes each for a moment).
_TOGETHER = 250_000
#: Different repeated keys that are named; of more only the number is known.
NAMED = 50_000


def repeated(keys: array[int]) -> tuple[set[int], int]:
    """Keys that stand more than once (at most ``NAMED`` of them), and how many entries repeat an earlier one. Key 0 is no key."""
    if len(keys) <= _TOGETHER:
        return _repeated(keys)
    runs = [array("Q", sorted(keys[start : start + _TOGETHER])) for start in range(0, len(keys), _TOGETHER)]
    step = 2**64 // len(runs)
    found: set[int] = set()
    extra = 0
    for part in range(len(runs)):
        low, high = part * step, 2**64 if part == len(runs) - 1 else (part + 1) * step
        together = array("Q")
        for run in runs:
            together.extend(run[bisect_left(run, low) : bisect_left(run, high) if high < 2**64 else len(run)])
        more, count = _repeated(together)
        extra += count
        if len(found) < NAMED:
            found |= more
    return found, extra


def _repeated(keys: array[int]) -> tuple[set[int], int]:
    zeros = keys.count(0)
    extra = len(keys) - zeros - (len(set(keys)) - (zeros > 0))
    if not extra:
        return set(), 0
    return {key for key, count in Counter(keys).most_common(NAMED) if count > 1 and key}, extra
