"""How findings and figures of a training file look on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from finetune.datasets import Distribution, Finding, Report
from finetune.datasets.excerpt import Excerpt, excerpts
from finetune.datasets.limits import size_in_words

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_BAR = 32


def show(console: Console, report: Report, about_pair: list[Finding], model: str | None) -> None:
    """Prints one file: findings with excerpts, the count of the rest, and figures.

    Args:
        about_pair: findings of the comparison with the training file.
        model: as the user named it, for the headline.
    """
    findings = [*about_pair, *report.findings]
    places = excerpts(report.path, findings, max(40, min(console.width, 140) - 8))
    console.print(Text.assemble((report.path, "bold"), f"  {report.method}{f', {model}' if model else ''}, {size_in_words(report.size)}"))
    for index, found in enumerate(findings):
        _finding(console, found, places.get(index))
    if report.more:
        rest = ", ".join(f"{count} {code}" for code, count in sorted(report.more.items()))
        console.print(Text(f"  and more of: {rest}", style="dim"))
    _statistics(console, report)
    console.print(_verdict(report, about_pair))
    console.print()


def _finding(console: Console, found: Finding, excerpt: Excerpt | None) -> None:
    where = f"line {found.line}" if found.line else "file"
    at = f" at {found.path}" if found.path else ""
    console.print()
    console.print(
        Text.assemble(f"  {where}: ", (found.severity, _STYLES[found.severity]), f" {found.message}{at} ", (f"[{found.code}]", "dim")), soft_wrap=True
    )
    if excerpt and excerpt.text:
        marked = Text(f"      {excerpt.text}", style="dim")
        marked.stylize("bold not dim", 6 + excerpt.start, 6 + excerpt.end)
        console.print(marked, soft_wrap=True)
        if excerpt.end > excerpt.start:
            console.print(Text(" " * (6 + excerpt.start) + "^" * (excerpt.end - excerpt.start), style=_STYLES[found.severity]), soft_wrap=True)
    console.print(Text(f"      do: {found.fix}"), soft_wrap=True)


def _verdict(report: Report, about_pair: list[Finding]) -> Text:
    counts = {
        severity: report.count(severity) + sum(found.severity == severity for found in about_pair)  # type: ignore[arg-type]
        for severity in _STYLES
    }
    parts = [Text(f"{count} {severity}{'s' if count > 1 else ''}", style=_STYLES[severity]) for severity, count in counts.items() if count]
    good = not counts["error"]
    text = Text("  good" if good else "  not good", style="bold green" if good else "bold red")
    return Text.assemble(text, ": ", Text(", ").join(parts)) if parts else text


def _statistics(console: Console, report: Report) -> None:
    figures = report.statistics
    if not figures.sound:
        return
    console.print()
    console.print(
        f"  {figures.examples:,} examples, {figures.messages:,} messages, {figures.turns:,} turns"
        + (f", {figures.images:,} images" if figures.images else "")
    )
    if figures.tokens is None:
        _distribution(console, "bytes in a line", figures.bytes_per_example)
        return
    about = "" if figures.exact else "about "
    cut = f"; {figures.cut_tokens:,} more are cut off" if figures.cut_tokens else ""
    console.print(f"  {about}{figures.tokens:,} tokens in an epoch, {figures.trained_tokens:,} of them learnt{cut}")
    _distribution(console, "tokens in an example", figures.tokens_per_example)
    longest = ", ".join(f"{long.tokens:,} (line {long.line})" for long in figures.longest[:3])
    console.print(f"  longest: {longest}")


def _distribution(console: Console, name: str, figures: Distribution) -> None:
    percentiles = ", ".join(f"{percent} %: {value:,}" for percent, value in figures.percentiles.items())
    console.print(f"  {name}: {figures.least:,} to {figures.greatest:,}, mean {figures.mean:,} ({percentiles})", soft_wrap=True)
    most = max(bar.count for bar in figures.histogram)
    if len(figures.histogram) < 2:
        return
    for bar in figures.histogram:
        drawn = "█" * -(-bar.count * _BAR // most)
        console.print(
            Text.assemble(f"  {f'{bar.low:,}':>9} … {f'{bar.high:,}':<9} ", (f"{drawn:<{_BAR}}", "blue"), f" {bar.count:,}"), soft_wrap=True
        )
