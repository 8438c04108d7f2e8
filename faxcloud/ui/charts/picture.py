"""Chart download as SVG or PNG, rendered by the browser, with title, period, filters and source."""

from dataclasses import dataclass

import streamlit as st

from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.selections import described
from faxcloud.ui.charts.template import FONT, colours
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.filters.period import days_shown
from faxcloud.ui.filters.selection import report_name, shown
from faxcloud.ui.screen import Screen

_HTML = """<div class="picture"><span></span><button type="button" data-format="png">PNG</button>
<button type="button" data-format="svg">SVG</button></div>"""

_CSS = """.picture { display: flex; gap: .5rem; align-items: center; font: inherit; font-size: .875rem;
  color: var(--st-text-color); }
button { font: inherit; padding: .25rem .75rem; min-height: 2rem; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, .4rem);
  color: var(--st-text-color); background: var(--st-background-color); }
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }"""

# Plotly is not a global in Streamlit's page, and its own button exports one of the two formats only. So this
# copies the drawn SVG layers, one over the other, onto the page's background colour.
_JS = """
const SVG = "http://www.w3.org/2000/svg";

const MARGIN = 12;
const pen = document.createElement("canvas").getContext("2d");

function put(parent, tag, attributes, text) {
  const element = parent.appendChild(document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

function lines(text, font, width) {
  pen.font = font;
  const found = [];
  while (pen.measureText(text).width > width && text.length > 1) {
    let end = text.length - 1;
    while (end > 1 && pen.measureText(text.slice(0, end)).width > width) end--;
    const space = text.lastIndexOf(" ", end);
    if (space > 0) end = space;
    found.push(text.slice(0, end));
    text = text.slice(end).trimStart();
  }
  return [...found, text];
}

// Returns where the next text begins.
function write(picture, { text, size, weight = 400, fill }, y, width, font) {
  for (const line of lines(text, `${weight} ${size}px ${font}`, width - 2 * MARGIN)) {
    y += Math.round(size * 1.4);
    put(picture, "text", { x: MARGIN, y, fill, "font-size": size, "font-weight": weight }, line);
  }
  return y;
}

function drawn(chart, data) {
  const { width, height } = chart.getBoundingClientRect();
  const picture = document.createElementNS(SVG, "svg");
  picture.style.fontFamily = data.font;
  put(picture, "title", {}, data.says);
  put(picture, "rect", { width: "100%", height: "100%", fill: data.ground });
  let y = 4;
  for (const text of data.above) y = write(picture, text, y, width, data.font);
  const plot = put(picture, "g", { transform: `translate(0, ${y + MARGIN})` });
  for (const layer of chart.querySelectorAll(".main-svg"))
    for (const part of layer.childNodes) plot.appendChild(part.cloneNode(true));
  const whole = write(picture, data.below, y + MARGIN + height, width, data.font) + MARGIN;
  for (const [name, value] of Object.entries({ width, height: whole, viewBox: `0 0 ${width} ${whole}` }))
    picture.setAttribute(name, value);
  for (const part of picture.querySelectorAll(".hoverlayer, .draglayer, .zoomlayer, .select-outline"))
    part.remove();
  return { text: new XMLSerializer().serializeToString(picture), width, height: whole };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export default function ({ parentElement, data }) {
  parentElement.querySelector("span").textContent = data.label;
  for (const button of parentElement.querySelectorAll("button")) {
    const format = button.dataset.format;
    button.setAttribute("aria-label", `${data.label} ${format.toUpperCase()}`);
    button.onclick = () => {
      const chart = document.querySelector(`.st-key-${CSS.escape(data.chart)} .js-plotly-plot`);
      const { text, width, height } = drawn(chart, data);
      const vector = new Blob([text], { type: "image/svg+xml" });
      if (format === "svg") return save(vector, `${data.name}.svg`);
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [2 * width, 2 * height];
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob(blob => save(blob, `${data.name}.png`), "image/png");
      };
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    };
  }
}
"""

_buttons = st.components.v2.component("faxcloud_picture", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True)
class Heading:
    """What stands around a chart in its picture.

    Attributes:
        selection: Period and filters.
        source: Where the numbers come from, and when they last changed.
    """

    title: str
    selection: str
    source: str


def heading_of(screen: Screen, title: str, part: str = "") -> Heading:
    """The heading of a chart of the page at hand.

    Args:
        part: Which part of the period the chart shows; "" for all of it.
    """
    t, filters = screen.t, shown()
    reports = ready_reports(screen)
    chosen = [report for report in reports if report["report_id"] == filters.report]
    says = [days_shown(t, filters, data_days(chosen or reports)), *filter(None, [part])]
    says += [t("{filter}: {value}", filter=t("Import"), value=report_name(t, report)) for report in chosen]
    label = RuleLabels(t, screen.services.rulesets.rules()).label
    says += [t("{filter}: {value}", filter=name, value=value) for name, value in described(t, filters, label)]
    summaries = screen.services.summaries
    moved_at = summaries.moved_at()
    source = t(
        "Source: FaxCloud, data version {version}, updated {time}",
        version=summaries.version(),
        time=t.datetime(moved_at.astimezone(screen.running.settings.zone)) if moved_at else "",
    )
    return Heading(title, " · ".join(says), source)


def offer_picture(screen: Screen, key: str, chart: str, says: str, heading: Heading) -> None:
    """Two buttons that save the chart as currently shown, including the zoom.

    Args:
        chart: The key it was drawn under.
        says: What it shows; the picture's title for those who do not see it.
    """
    c = colours(screen)
    data = {
        "chart": chart,
        "name": f"faxcloud-{key}",
        "says": says,
        "label": screen.t("Save the chart as"),
        "above": [
            {"text": heading.title, "size": 17, "weight": 600, "fill": c.text},
            {"text": heading.selection, "size": 13, "fill": c.quiet},
        ],
        "below": {"text": heading.source, "size": 12, "fill": c.quiet},
        "ground": c.surface,
        "font": FONT,
    }
    _buttons(key=f"{key}-picture", data=data, height="content")
