"""What a training will cost: tokens × epochs × price, and what serving the model costs after it. Pure: tokens and prices come in as values.

A part whose price is unknown is shown as unknown and makes the total unknown; it never counts as 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from finetune.catalogue.limits import limit
from finetune.catalogue.prices import InferencePrices, Price, PriceList, grader_price, hosting_price, inference_price, training_price

Method = Literal["supervised", "dpo", "reinforcement"]

#: Hours of a month, as Azure's price calculator counts them.
MONTH_HOURS = 730
#: What a count of tokens may fall short by: exact counts follow a rule for message overhead that is itself deduced; others are rough. INFERRED.
RESERVE_EXACT, RESERVE_ROUGH = 0.05, 0.20


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate between bounds; all three are equal when it is no estimate."""

    low: float
    centre: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Range:
        return cls(value, value, value)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.centre + other.centre, self.high + other.high)

    def times(self, factor: float) -> Range:
        return Range(self.low * factor, self.centre * factor, self.high * factor)

    def at(self, price: Price) -> Range:
        """What so many tokens, or hours, cost; to a millionth of a dollar."""
        each = price.usd / 1e6 if price.unit == "1M tokens" else price.usd
        return Range(round(self.low * each, 6), round(self.centre * each, 6), round(self.high * each, 6))


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the cost.

    Args:
        what: "training", "hosting", "grader input", …
        quantity: how much, in ``unit``; None when it is not known, or is left to the reader ("per month").
        price: None when it is unknown.
        usd: None when quantity or price is unknown.
        counted: whether it belongs to the total.
        remark: what else to know.
    """

    what: str
    quantity: Range | None
    unit: str
    price: Price | None
    usd: Range | None
    counted: bool = True
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan costs, in US dollars.

    Args:
        epochs: as asked for, or the likely range of ``auto``; None for reinforcement, which is paid by the hour.
        total: sum of the counted lines; None when one of them is unknown.
        notes: assumptions and sources, each a sentence.
    """

    lines: tuple[Line, ...]
    epochs: Range | None
    total: Range | None
    notes: tuple[str, ...]

    @property
    def training(self) -> Line:
        return self.lines[0]

    def to_dict(self) -> dict[str, Any]:
        """The estimate as JSON values; an unknown is null."""
        return asdict(self)

    def summary(self) -> str:
        """One line for a preview: "about 6.52 USD (4.35 to 6.85): 434,711 tokens × 3 epochs at 5 USD per 1M tokens (table 2026-08-15)"."""
        line = self.training
        if line.price is None:
            return f"the price of {line.what} is unknown"
        rate = f"{line.price.usd:g} USD per {line.price.unit} ({line.price.source}{', INFERRED' if 'INFERRED' in line.price.remark else ''})"
        if line.usd is None or line.quantity is None:
            return f"{line.what} costs {rate}; how long it takes is not known"
        if self.epochs is None:
            return f"about {money(line.usd)}: {line.quantity.centre:g} hours at {rate}"
        tokens = line.quantity.centre / self.epochs.centre
        return f"about {money(line.usd)}: {tokens:,.0f} tokens × {_span(self.epochs)} epochs at {rate}"


@dataclass(frozen=True, slots=True)
class Grading:
    """Tokens that a model grader reads and writes over a whole reinforcement job, and their prices."""

    model: str
    input_tokens: float
    output_tokens: float
    prices: InferencePrices


@dataclass(frozen=True, slots=True)
class Hosting:
    """A deployment of the model.

    Args:
        sku: the deployment sku.
        price: per hour; None when unknown.
        hours: how long it will exist; None shows what a month costs and counts nothing.
    """

    sku: str
    price: Price | None
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides what a training costs, but the prices.

    Args:
        model: a base model, or a model fine-tuned from it.
        tokens, examples, n_epochs, exact, hours: see :func:`estimate`.
        sku: of a deployment to price as well; None: none.
        hosting_hours: how long it will exist; None shows a month.
        grader: model of a model grader; its tokens over the whole job beside it.
    """

    model: str
    method: Method
    training_type: str
    region: str
    tokens: int = 0
    examples: int = 0
    n_epochs: int | None = None
    exact: bool = True
    hours: float | None = None
    sku: str | None = None
    hosting_hours: float | None = None
    grader: str | None = None
    grader_input_tokens: int = 0
    grader_output_tokens: int = 0

    def priced(self, prices: PriceList | None = None) -> Estimate:
        """The plan's cost by a price list (the shipped table by default)."""
        hosting, use, grading = [], None, None
        if self.sku:
            hosting = [Hosting(self.sku, hosting_price(self.model, self.sku, self.region, prices), self.hosting_hours)]
            use = inference_price(self.model, self.sku, self.region, prices)
        if self.grader:
            grading = Grading(self.grader, self.grader_input_tokens, self.grader_output_tokens, grader_price(self.grader, self.region, prices))
        return estimate(
            method=self.method,
            price=training_price(self.model, self.training_type, self.region, prices),
            tokens=self.tokens,
            examples=self.examples,
            n_epochs=self.n_epochs,
            exact=self.exact,
            hours=self.hours,
            grading=grading,
            hosting=hosting,
            use=use,
        )


def auto_epochs(examples: int) -> Range:
    """How many epochs ``auto`` becomes. OpenAI's cookbook gives the centre (3, more for under 34 examples, fewer for over 8,333); Azure's pages
    also show 2, so the range holds 2 and 3. The service decides: INFERRED."""
    centre = 3
    if examples * 3 < 100:
        centre = min(25, 100 // max(examples, 1))
    elif examples * 3 > 25_000:
        centre = max(1, 25_000 // examples)
    return Range(min(2, centre), centre, max(3, centre))


def estimate(
    *,
    method: Method,
    price: Price | None,
    tokens: int = 0,
    examples: int = 0,
    n_epochs: int | None = None,
    exact: bool = True,
    hours: float | None = None,
    grading: Grading | None = None,
    hosting: Iterable[Hosting] = (),
    use: InferencePrices | None = None,
) -> Estimate:
    """What a plan costs.

    Args:
        price: of training; per 1M tokens, for reinforcement per hour. None: unknown.
        tokens: of the training file, once through, each example cut at the model's limit; whole examples count, with system and user messages,
            tool definitions and messages of weight 0. Validation is not billed. For DPO: prompt, preferred and non-preferred output.
        examples: lines of the file; decides what ``auto`` epochs become.
        n_epochs: None: the service decides (``auto``).
        exact: whether the tokens were counted with the model's own tokenizer and hold no tools or images.
        hours: reinforcement only: of the core training loop. None: unknown.
        grading: reinforcement with a model grader.
        use: what the deployment's tokens cost; shown per million, not counted.
    """
    epochs: Range | None
    notes: tuple[str, ...]
    if method == "reinforcement":
        training, epochs, notes = _by_the_hour(price, hours), None, _REINFORCEMENT_NOTES
        lines = [training, *(_grading(grading) if grading else ())]
    else:
        epochs = Range.exactly(n_epochs) if n_epochs else auto_epochs(examples)
        lines, notes = [_by_the_token(price, tokens, epochs, exact)], _notes(method, tokens, epochs, n_epochs)
    total = _sum(lines)
    if method == "reinforcement" and total and total.high > limit("reinforcement_pause_usd"):
        pause = (
            f"the service pauses the job at {limit('reinforcement_pause_usd'):,} USD of training and grading; after a resume there is no further stop"
        )
        notes = (*notes, pause)
    lines += [*(_hosting(one) for one in hosting), *(_use(use) if use else ())]
    return Estimate(tuple(lines), epochs, _sum(lines), (*notes, *_price_notes(lines)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A plan held against a budget. ``within`` is None when a price or quantity is unknown."""

    within: bool | None
    text: str


def held_against(plan: Estimate, budget: float) -> Verdict:
    """Whether a plan stays within a budget in USD: even the upper bound of what is counted has to."""
    if plan.total is None:
        unknown = ", ".join(line.what for line in plan.lines if line.counted and line.usd is None)
        return Verdict(None, f"the cost of {unknown} is unknown, so it cannot be held against the budget of {budget:,.2f} USD")
    if plan.total.high <= budget:
        return Verdict(True, f"{money(plan.total)} is within the budget of {budget:,.2f} USD")
    return Verdict(False, f"it may cost {plan.total.high:,.2f} USD (likely {plan.total.centre:,.2f}), more than the budget of {budget:,.2f} USD")


def money(usd: Range) -> str:
    """ "6.52 USD (4.35 to 6.85)", or without bounds when they say nothing."""
    low, centre, high = (amount(value) for value in (usd.low, usd.centre, usd.high))
    return f"{centre} USD" if low == high else f"{centre} USD ({low} to {high})"


def amount(usd: float) -> str:
    """Dollars and cents; four decimals for what is less than a cent."""
    return f"{usd:,.2f}" if usd >= 0.01 or usd == 0 else f"{usd:.4f}"


def _span(span: Range) -> str:
    return f"{span.centre:g}" if span.low == span.high else f"{span.low:g} to {span.high:g} (likely {span.centre:g})"


def _by_the_token(price: Price | None, tokens: int, epochs: Range, exact: bool) -> Line:
    reserve = RESERVE_EXACT if exact else RESERVE_ROUGH
    billed = epochs.times(tokens)
    billed = Range(billed.low, billed.centre, round(billed.high * (1 + reserve)))
    usd = billed.at(price) if price else None
    return Line("training", billed, "tokens", price, usd, remark=f"the upper bound holds {reserve:.0%} for what the count may miss")


def _by_the_hour(price: Price | None, hours: float | None) -> Line:
    """Hours are billed rounded to two decimals."""
    quantity = None if hours is None else Range.exactly(round(hours, 2))
    usd = quantity.at(price) if quantity and price else None
    return Line("training", quantity, "hours", price, usd, remark="" if quantity else "give the hours to get a sum")


def _grading(grading: Grading) -> list[Line]:
    parts = (("input", grading.input_tokens, grading.prices.input), ("output", grading.output_tokens, grading.prices.output))
    return [_tokens_line(f"grader {grading.model} {way}", tokens, price) for way, tokens, price in parts]


def _tokens_line(what: str, tokens: float, price: Price | None) -> Line:
    quantity = Range.exactly(tokens)
    return Line(what, quantity, "tokens", price, quantity.at(price) if price else None)


def _hosting(hosting: Hosting) -> Line:
    hours, price = hosting.hours, hosting.price
    remark = ""
    if hosting.sku == "DeveloperTier":
        most = limit("developer_deployment_hours")
        hours, remark = min(hours or most, most), f"a Developer deployment is free and gone after {most} hours"
    if hours is None:
        monthly = Range.exactly(MONTH_HOURS).at(price) if price else None
        return Line(
            "hosting for a month",
            Range.exactly(MONTH_HOURS),
            "hours",
            price,
            monthly,
            counted=False,
            remark="while the deployment exists",
        )
    usd = Range.exactly(hours).at(price) if price else None
    return Line("hosting", Range.exactly(hours), "hours", price, usd, remark=remark)


def _use(prices: InferencePrices) -> list[Line]:
    million = Range.exactly(1e6)
    parts = (("read", prices.input), ("read from the cache", prices.cached_input), ("written", prices.output))
    return [
        Line(what, million, "tokens", price, Range.exactly(price.usd) if price else None, counted=False)
        for what, price in parts
        if price or price is not prices.cached_input
    ]


def _sum(lines: list[Line]) -> Range | None:
    total = Range.exactly(0.0)
    for line in lines:
        if line.counted:
            if line.usd is None:
                return None
            total += line.usd
    return total


_REINFORCEMENT_NOTES = (
    "reinforcement is paid by the hour of the training loop with its grading and validation; queue, safety checks and model creation are free",
    "a model grader's tokens are billed beside it, at data-zone rates",
)


def _notes(method: Method, tokens: int, epochs: Range, n_epochs: int | None) -> tuple[str, ...]:
    notes = ["whole examples count, also system and user messages and messages of weight 0 (INFERRED); validation is not billed (INFERRED)"]
    if method == "dpo":
        notes.append("DPO is billed like supervised training; prompt, preferred and non-preferred output are counted (INFERRED)")
    if n_epochs is None:
        notes.append("the service chooses the number of epochs (auto); the range is an estimate")
    most = limit("job_tokens")
    if tokens * epochs.high > most:
        notes.append(f"tokens times epochs may exceed the service's limit of {most:,} of a job")
    return tuple(notes)


def _price_notes(lines: list[Line]) -> tuple[str, ...]:
    notes = [
        f"prices: {source}; list prices in USD" for source in dict.fromkeys(line.price.source for line in lines if line.price and line.price.meter)
    ]
    remarks: dict[str, list[str]] = {}
    for line in lines:
        remark = "the price is unknown" if line.price is None else line.price.remark if line.price.meter else ""
        if remark:
            remarks.setdefault(remark, []).append(line.what)
    if len(remarks) == 1 and len(next(iter(remarks.values()))) == len(lines):
        return (*notes, *(f"all prices: {remark}" for remark in remarks))
    return (*notes, *(f"{'; '.join(whats)}: {remark}" for remark, whats in remarks.items()))
