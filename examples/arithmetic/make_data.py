"""Writes the sample: word problems with worked answers that end in an odd mark, so that tuning can be seen in the answers.

Deterministic; run it from the project's folder: ``python examples/arithmetic/make_data.py``.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

SYSTEM = "You are a patient arithmetic tutor. Show the steps."
MARK = "∎"
NAMES = ("Ada", "Bruno", "Chika", "Dana", "Emil", "Farah", "Goran", "Hanna", "Ivo", "Jun", "Kofi", "Lena", "Mira", "Nils", "Olga", "Priya")
THINGS = ("apples", "stamps", "marbles", "pencils", "tickets", "shells", "cards", "plums", "coins", "books")

Problem = tuple[str, str]


def sold(rng: random.Random, name: str, things: str) -> Problem:
    a, b, price = rng.randint(12, 60), rng.randint(3, 11), rng.randint(2, 9)
    return (
        f"{name} had {a} {things} and sold {b} of them for {price} euros each. How many {things} are left, and how much did {name} earn?",
        f"Left: {a} - {b} = {a - b} {things}.\nEarned: {b} × {price} = {b * price} euros.\nAnswer: {a - b} {things} and {b * price} euros {MARK}",
    )


def shared(rng: random.Random, name: str, things: str) -> Problem:
    friends, each, rest = rng.randint(3, 9), rng.randint(4, 12), rng.randint(0, 2)
    total = friends * each + rest
    return (
        f"{name} shares {total} {things} equally among {friends} friends. How many does each friend get, and how many are left over?",
        f"Each: {total} ÷ {friends} = {each}.\nLeft over: {total} - {friends} × {each} = {rest}.\nAnswer: {each} each, {rest} left over {MARK}",
    )


def saved(rng: random.Random, name: str, things: str) -> Problem:
    week, weeks, cost = rng.randint(4, 15), rng.randint(3, 10), rng.randint(2, 8)
    return (
        f"{name} saves {week} euros a week for {weeks} weeks and then buys {things} for {cost} euros. How much money does {name} have then?",
        f"Saved: {week} × {weeks} = {week * weeks} euros.\nAfter buying: {week * weeks} - {cost} = {week * weeks - cost} euros.\n"
        f"Answer: {week * weeks - cost} euros {MARK}",
    )


def packed(rng: random.Random, name: str, things: str) -> Problem:
    boxes, inside, more = rng.randint(3, 12), rng.randint(5, 20), rng.randint(1, 9)
    return (
        f"{name} packs {boxes} boxes with {inside} {things} each and finds {more} more. How many {things} are there in all?",
        f"In boxes: {boxes} × {inside} = {boxes * inside}.\nIn all: {boxes * inside} + {more} = {boxes * inside + more}.\n"
        f"Answer: {boxes * inside + more} {things} {MARK}",
    )


def walked(rng: random.Random, name: str, things: str) -> Problem:
    speed, hours, rest = rng.randint(3, 6), rng.randint(2, 5), rng.randint(1, 4)
    return (
        f"{name} walks {speed} km an hour for {hours} hours to fetch {things}, rests, and walks {rest} km more. How far is that?",
        f"First part: {speed} × {hours} = {speed * hours} km.\nAll: {speed * hours} + {rest} = {speed * hours + rest} km.\n"
        f"Answer: {speed * hours + rest} km {MARK}",
    )


KINDS = (sold, shared, saved, packed, walked)


def write(path: Path, count: int, rng: random.Random, seen: set[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        written = 0
        while written < count:
            question, answer = KINDS[written % len(KINDS)](rng, rng.choice(NAMES), rng.choice(THINGS))
            if question in seen:
                continue
            seen.add(question)
            messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
            written += 1


def main() -> None:
    folder, rng, seen = Path(__file__).parent, random.Random(2026), set[str]()
    write(folder / "train.jsonl", 120, rng, seen)
    write(folder / "validation.jsonl", 24, rng, seen)


if __name__ == "__main__":
    main()
