"""Chart download as SVG (for documents) or PNG (for messages), rendered by the browser."""

import streamlit as st

from faxcloud.ui.charts.template import FONT, colours
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

function drawn(chart, data) {
  const { width, height } = chart.getBoundingClientRect();
  const picture = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    picture.setAttribute(name, value);
  picture.style.fontFamily = data.font;
  const title = picture.appendChild(document.createElementNS(SVG, "title"));
  title.textContent = data.says;
  const ground = picture.appendChild(document.createElementNS(SVG, "rect"));
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: data.ground }))
    ground.setAttribute(name, value);
  for (const layer of chart.querySelectorAll(".main-svg"))
    for (const part of layer.childNodes) picture.appendChild(part.cloneNode(true));
  for (const part of picture.querySelectorAll(".hoverlayer, .draglayer, .zoomlayer, .select-outline"))
    part.remove();
  return { text: new XMLSerializer().serializeToString(picture), width, height };
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


def offer_picture(screen: Screen, key: str, chart: str, says: str) -> None:
    """Two buttons that save the chart as currently shown, including the zoom.

    Args:
        chart: The key it was drawn under.
        says: What it shows; the picture's title for those who do not see it.
    """
    data = {
        "chart": chart,
        "name": f"faxcloud-{key}",
        "says": says,
        "label": screen.t("Save the chart as"),
        "ground": colours(screen).surface,
        "font": FONT,
    }
    _buttons(key=f"{key}-picture", data=data, height="content")
