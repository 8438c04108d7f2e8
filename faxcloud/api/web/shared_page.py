"""Shared report page: HTML without script, in both languages and themes, for any screen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from string import Template

from faxcloud.domain.metrics import BY_KEY
from faxcloud.i18n import LANGUAGES, Translator
from faxcloud.languages import LOCALES
from faxcloud.presentation.svg import DARK, LIGHT, THEMED, plain
from faxcloud.presentation.wording import (
    HEADLINES,
    change_text,
    change_tone,
    heat_says,
    numbers_say,
    rules_say,
    timeline_says,
    value_text,
)
from faxcloud.services.papers.facts import sample_says, undated_says, verdict_says
from faxcloud.services.papers.paper import Paper
from faxcloud.services.papers.shares import Share
from faxcloud.services.papers.svg_charts import WIDE, compliance_drawing, heat_drawing, rules_drawing
from faxcloud.services.papers.wording import NAMES_FACT, period_of, selection_of, title_of

MOST_RULES = 12
MOST_USERS = 30
MOST_NUMBERS = 20
LONGEST_WORD = 16
NARROW_PX = 330
"""Width of a chart on a phone of 390 px, without margins."""

PAGE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><title>$title · FaxCloud</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<style>
:root { $light --page: #f3f6f8; --accent: #0b6e8a; --line: #d3dce3; --good: #17744f; --bad: #b3341f }
@media (prefers-color-scheme: dark) { :root {
  $dark --page: #0c1217; --accent: #6cc3d9; --line: #2e3b45; --good: #5cc79a; --bad: #f08a72 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 1.25rem 1rem 3rem }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .75rem 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 0 0 .5rem }
p { margin: .25rem 0; overflow-wrap: anywhere }
a { color: var(--accent) }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.brand { color: var(--accent); font-weight: 700; margin: 0 }
.quiet { color: var(--quiet); font-size: .9rem }
.files { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 }
.files a { padding: .45rem .9rem; border: 1px solid var(--accent); border-radius: .4rem;
  text-decoration: none; font-weight: 600 }
section, .figures div { background: var(--surface); border: 1px solid var(--line); border-radius: .5rem }
section { padding: 1rem; margin: 1rem 0 }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.2rem, 1fr)); gap: .7rem;
  margin: 1rem 0 }
.figures div { padding: .7rem .9rem }
.figures dt { color: var(--quiet); font-size: .85rem }
.figures dd { margin: 0; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums }
.figures .change { font-size: .85rem; font-weight: 600; color: var(--quiet) }
.figures .good { color: var(--good) } .figures .bad { color: var(--bad) }
svg { display: block; width: 100%; height: auto }
.narrow { display: none }
@media (max-width: 40rem) { .wide { display: none } .narrow { display: block }
  section { padding: .8rem } .figures { grid-template-columns: 1fr 1fr } h1 { font-size: 1.35rem } }
table { width: 100%; border-collapse: collapse; font-size: .92rem }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { color: var(--quiet); font-weight: 600 }
.n { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal }
.n + td:not(.n), .n + th:not(.n) { padding-left: .75rem } .w { white-space: nowrap }
summary { cursor: pointer; font-weight: 600 }
</style></head><body><main>$content</main></body></html>
""")


def report_page(paper: Paper, share: Share, token: str, t: Translator, zone: dt.tzinfo) -> str:
    """HTML page of a shared report.

    Args:
        token: Token of the link; the files are below its path.
        zone: Time zone for instants.
    """
    title = title_of(paper, t)
    parts = [_head(paper, share, token, t, title, zone)]
    if paper.is_empty:
        parts.append(f"<section><p>{_text(t('No data: no fax in this selection.'))}</p></section>")
    else:
        parts += [
            _files(t, token),
            _figures(paper, t),
            _timeline(paper, t),
            _rules(paper, t),
            _users(paper, t),
            _numbers(paper, t),
            _heat(paper, t),
        ]
    parts.append(_basis(paper, t))
    return _page(t, title, "".join(parts))


def message_page(t: Translator, title: str, advice: str) -> str:
    """HTML page that says why there is no report."""
    content = f'<p class="brand">FaxCloud</p><h1>{_text(title)}</h1><p>{_text(advice)}</p>'
    return _page(t, title, content)


def _page(t: Translator, title: str, content: str) -> str:
    return PAGE.substitute(
        language=t.language,
        title=_text(title),
        light=LIGHT.variables(),
        dark=DARK.variables(),
        content=content,
    )


def _head(paper: Paper, share: Share, token: str, t: Translator, title: str, zone: dt.tzinfo) -> str:
    others = "".join(
        f'<a href="{_text(token)}?lang={language}" lang="{language}" hreflang="{language}">'
        f"{LOCALES[language].name}</a>"
        for language in LANGUAGES
        if language != t.language
    )
    facts = [
        period_of(paper, t),
        t("contract {name}", name=paper.contract) if paper.contract else "",
        *(f"{name}: {value}" for name, value in selection_of(paper, t)),
    ]
    made = [
        t("As of {moment}", moment=t.datetime(paper.made_at, zone)),
        t("the link expires {moment}", moment=t.datetime(share.expires_at, zone)),
        t("numbers are masked") if paper.masked else "",
        t(NAMES_FACT[paper.names]) if paper.names in NAMES_FACT else "",
    ]
    sample = sample_says(paper, t)
    return (
        f'<header><p class="brand">FaxCloud</p><p>{others}</p></header><h1><bdi>{_text(title)}</bdi></h1>'
        + (f"<p><strong>{_text(sample)}</strong></p>" if sample else "")
        + f'<p>{_joined(facts)}</p><p class="quiet">{_joined(made)}</p>'
    )


def _files(t: Translator, token: str) -> str:
    names = {"pdf": t("PDF"), "xlsx": t("Excel workbook (XLSX)")}
    links = "".join(
        f'<a href="{_text(token)}/report.{kind}?lang={t.language}">{_text(name)}</a>'
        for kind, name in names.items()
    )
    return f'<p class="files">{links}</p>'


def _figures(paper: Paper, t: Translator) -> str:
    cards = "".join(_figure(paper, t, key) for key in HEADLINES)
    compared = ""
    if paper.before is not None and any(change_text(t, key, *_pair(paper, key)) for key in HEADLINES):
        compared = (
            t("Compared with {file}.", file=paper.before_report["file"])
            if paper.before_report
            else t("Compared with the same number of days just before.")
        )
    said = " ".join(filter(None, (verdict_says(t, paper.summary), compared)))
    return f'<dl class="figures">{cards}</dl><p class="quiet">{_text(said)}</p>'


def _figure(paper: Paper, t: Translator, key: str) -> str:
    value, before = _pair(paper, key)
    change = change_text(t, key, value, before)
    tone = change_tone(key, value, before)
    said = f'<dd class="change {tone}">{_text(change)}</dd>' if change else ""
    label, shown = t(BY_KEY[key].label), value_text(t, key, value, paper.target_rate)
    return f"<div><dt>{_text(label)}</dt><dd>{_text(shown)}</dd>{said}</div>"


def _pair(paper: Paper, key: str) -> tuple[float | None, float | None]:
    return paper.summary.values.get(key), (paper.before or {}).get(key)


def _timeline(paper: Paper, t: Translator) -> str:
    rows, grain, target = paper.timeline, paper.grain, paper.target_rate
    wide, narrow = (
        compliance_drawing(t, rows, grain, target, look=THEMED, **width)
        for width in ({}, {"width": NARROW_PX})
    )
    says = [timeline_says(t, rows, grain, target), undated_says(t, paper.summary.values["faxes"], rows)]
    return _chart(t("Compliance over time"), wide, narrow, " ".join(filter(None, says)))


def _rules(paper: Paper, t: Translator) -> str:
    heading = t("Violations by rule")
    if not paper.rules:
        return _section(heading, f"<p>{_text(t('No rule is violated in this selection.'))}</p>")
    named = [(paper.rule_label(row["key"], t.language), row["violations"]) for row in paper.rules]
    total = sum(count for _, count in named)
    wide, narrow = (
        rules_drawing(t, named[:MOST_RULES], look=THEMED, total=total, width=width)
        for width in (WIDE, NARROW_PX)
    )
    return _chart(heading, wide, narrow, rules_say(t, paper.rules, named[0][0]))


def _users(paper: Paper, t: Translator) -> str:
    worst = [row for row in paper.users if row["invalid"]]
    heading = t("Users with the most invalid faxes")
    if not worst:
        return _section(heading, f"<p>{_text(t('Nobody has an invalid fax in this selection.'))}</p>")
    rows = [
        [
            row["key"] or "–",
            t.number(row["invalid"]),
            t.number(row["faxes"]),
            value_text(t, "compliance_rate", row["compliance_rate"], paper.target_rate),
        ]
        for row in worst[:MOST_USERS]
    ]
    titles = [t("User"), t("Invalid"), t("Faxes"), t("Compliance")]
    return _section(heading, _table(titles, rows, (1, 2, 3)) + _rest(t, len(worst) - len(rows)))


def _numbers(paper: Paper, t: Translator) -> str:
    if not paper.numbers:
        return ""
    rows = [
        [
            row["called_text"] or row["number"] or "–",
            t.number(row["invalid"]),
            t.number(row["faxes"]),
            t.percent(row["invalid_rate"]),
            ", ".join(paper.rule_label(rule, t.language) for rule in row["violations"].split("|") if rule),
        ]
        for row in paper.numbers[:MOST_NUMBERS]
    ]
    titles = [t("Called number"), t("Invalid"), t("Faxes"), t("Share"), t("Rules")]
    more = len(paper.numbers) > MOST_NUMBERS
    said = t("The first {shown}; the workbook shows more.", shown=MOST_NUMBERS) if more else ""
    note = f'<p class="quiet">{_text(" ".join(filter(None, (said, numbers_say(t)))))}</p>'
    return _section(t("Numbers with the most invalid faxes"), _table(titles, rows, (1, 2, 3)) + note)


def _heat(paper: Paper, t: Translator) -> str:
    if not paper.heatmap:
        return ""
    wide, narrow = (
        heat_drawing(t, paper.heatmap, look=THEMED, **width) for width in ({}, {"width": NARROW_PX})
    )
    return _chart(t("Weekday and hour"), wide, narrow, heat_says(t, paper.heatmap))


def _basis(paper: Paper, t: Translator) -> str:
    values = paper.summary.values
    rows = [
        [t(BY_KEY[key].label), value_text(t, key, values[key], paper.target_rate), t(basis)]
        for key, basis in paper.basis.items()
    ]
    judged = t("Validated by {ruleset}.", ruleset=paper.ruleset.key) if paper.ruleset else ""
    table = _table([t("Figure"), t("Value"), t("What it counts")], rows, (1,))
    return (
        f"<section><details><summary>{_text(t('Every figure and what it counts'))}</summary>{table}</details>"
        f'<p class="quiet">{_text(judged)}</p></section>'
    )


def _chart(heading: str, wide: str, narrow: str, says: str) -> str:
    drawn = f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    return _section(heading, f'{drawn}<p class="quiet">{_text(says)}</p>')


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{_text(heading)}</h2>{content}</section>"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
    head = "".join(
        f'<th scope="col"{_kind(column in numbers)}>{_text(title)}</th>'
        for column, title in enumerate(titles)
    )
    body = "".join(
        "<tr>" + "".join(_cell(text, column in numbers) for column, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str, is_number: bool) -> str:
    kind = _kind(is_number)
    if not is_number and len(text) <= LONGEST_WORD and " " not in text:  # numbers never wrap
        kind = ' class="w"'
    return f"<td{kind}><bdi>{_text(text)}</bdi></td>"


def _kind(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def _rest(t: Translator, more: int) -> str:
    if more <= 0:
        return ""
    said = t.ngettext("and {count} more", "and {count} more", more)
    return f'<p class="quiet">{_text(said)}</p>'


def _joined(facts: Iterable[str]) -> str:
    return " · ".join(f"<bdi>{_text(fact)}</bdi>" for fact in facts if fact)


def _text(text: str) -> str:
    """Text escaped as HTML and shortened to the longest line of a report."""
    return plain(text if len(text) <= 500 else text[:499] + "…")
