"""A script for every page: Streamlit's own texts in the visitor's language, and what screen readers need.

Streamlit 1.67 has settings for neither. Each text is looked for in its own part of the page only, so that the
same words in a name or a file name stay as they are. Icons are hidden from screen readers, which would read
their English names; charts can be reached by keyboard.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from faxcloud.i18n import LANGUAGES, N_, negotiate, translator

ADDRESS = "/faxcloud-texts.js"

_NO_ANSWER = N_(
    "FaxCloud does not answer at the moment. This page connects again by itself; if it does not within a few "
    "minutes, ask whoever runs the server."
)
_NO_PAGE = N_("There is no page at this address. The dashboard is shown instead.")

DIALOG, UPLOAD, LISTED = "[role=dialog]", ".stFileUploader", "[role=listbox]"
SEARCHED = "[role=listbox], [role=dialog]"
TABLE_MENU = "[data-testid=stDataFrameColumnMenu], [data-testid=stDataFrameColumnFormattingMenu]"
ANYWHERE = "body"

TEXTS: tuple[tuple[str, str, str], ...] = (
    # CSS selector, pattern of the whole text, replacement.
    (DIALOG, "Connection error", N_("Connection lost")),
    (DIALOG, r"(Is Streamlit still running|Streamlit server is not responding).*", _NO_ANSWER),
    (DIALOG, r"Cannot connect to Streamlit .*", _NO_ANSWER),
    (DIALOG, "Page not found", N_("Page not found")),
    (DIALOG, r"(You have requested page|The page that you have requested).*", _NO_PAGE),
    (UPLOAD, r"Drag and drop (a file|files|directories) here", N_("Drop the file here")),
    (UPLOAD, r"([\d.]+)MB per file.*", N_("Drop a file here, or choose one: up to $1 MB")),
    (UPLOAD, "Upload", N_("Choose a file")),
    (SEARCHED, "No results", N_("Nothing found")),
    (LISTED, "Select all", N_("Select all")),
    (TABLE_MENU, "Sort ascending", N_("Sort ascending")),
    (TABLE_MENU, "Sort descending", N_("Sort descending")),
    (TABLE_MENU, "Format", N_("Format")),
    (TABLE_MENU, "Autosize", N_("Fit the width")),
    (TABLE_MENU, "Pin column", N_("Pin column")),
    (TABLE_MENU, "Unpin column", N_("Unpin column")),
    (TABLE_MENU, "Hide column", N_("Hide column")),
    (TABLE_MENU, "Copy column name", N_("Copy column name")),
    # What a button without a label is called.
    (".st-key-bell", "[a-z_]+ icon", N_("Alerts")),
    (".st-key-options", "[a-z_]+ icon", N_("Display options")),
    ("a", "Skip to main content", N_("Skip to main content")),
    ("[data-testid=InputInstructions]", r"Press Enter to .*", N_("Press Enter to apply")),
    ("[data-testid=stStatusWidget], [data-testid=stToolbar]", "Connecting", N_("Connecting")),
)
NAMES: tuple[tuple[str, str, str], ...] = (
    # The same for what screen readers read out.
    (ANYWHERE, "Close", N_("Close")),
    (ANYWHERE, "Clear value", N_("Clear")),
    (ANYWHERE, "Clear all", N_("Clear all")),
    (ANYWHERE, "Clear date", N_("Clear")),
    (ANYWHERE, "Choose date", N_("Choose a date")),
    (ANYWHERE, "Previous page", N_("Previous page")),
    (ANYWHERE, "Next page", N_("Next page")),
    (ANYWHERE, "Pagination", N_("Pages of results")),
    (ANYWHERE, "App pages", N_("Pages of FaxCloud")),
    (ANYWHERE, "Navigate to home page", N_("Dashboard")),
    (ANYWHERE, "file upload", N_("File")),
    (UPLOAD, "Add files", N_("Add files")),
    (ANYWHERE, r"(Remove|Delete) (file )?(.+)", N_("Remove $3")),
    (ANYWHERE, "Help for (.+)", N_("Help: $1")),
)

_SCRIPT = """
const { texts, names, language } = $WORDS;
const compiled = table => table.map(([place, pattern, words]) => [place, new RegExp(`^${pattern}$`), words]);
const [TEXTS, NAMES] = [compiled(texts), compiled(names)];
const chosen = () => {
  const asked = new URLSearchParams(location.search).get("lang");
  return asked in TEXTS[0][2] ? asked : language;
};
const replaced = (table, element, text) => {
  for (const [place, pattern, words] of table)
    if (pattern.test(text) && element.closest(place)) return text.replace(pattern, words[chosen()]);
};
function visit(element) {
  if (element instanceof SVGElement || element.closest("canvas")) return;
  const name = element.getAttribute("aria-label");
  const heard = name && replaced(NAMES, element, name);
  if (heard && heard !== name) element.setAttribute("aria-label", heard);
  if (element.matches("[role=img][aria-label$=' icon']")) element.setAttribute("aria-hidden", "true");
  if (element.matches("[role=figure][aria-label]")) element.tabIndex = 0;
  if (element.tagName === "CODE" && element.textContent === "streamlit run yourscript.py")
    element.closest("pre, [data-testid=stCode]").hidden = true;
  for (const part of element.childNodes) {
    if (part.nodeType === Node.ELEMENT_NODE) visit(part);
    else if (part.nodeType === Node.TEXT_NODE) change(part, element);
  }
}
function change(part, element) {
  const text = part.data.trim();
  const words = text && element && replaced(TEXTS, element, text);
  if (words && words !== text) part.data = words;
}
new MutationObserver(records => {
  for (const { type, target, addedNodes } of records) {
    if (type === "characterData") change(target, target.parentElement);
    for (const node of addedNodes)
      if (node.nodeType === Node.ELEMENT_NODE) visit(node);
      else if (node.nodeType === Node.TEXT_NODE && node.parentElement) change(node, node.parentElement);
  }
}).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
"""


async def texts_script(request: Any) -> Response:
    """JavaScript response; in the browser's language where the page's address names none."""
    words = {
        "texts": [_in_all(row) for row in TEXTS],
        "names": [_in_all(row) for row in NAMES],
        "language": negotiate(request.headers.get("accept-language")),
    }
    return Response(
        _SCRIPT.replace("$WORDS", json.dumps(words, ensure_ascii=False)),
        headers={"Cache-Control": "public, max-age=86400", "Vary": "Accept-Language"},
        media_type="text/javascript",
    )


def _in_all(row: tuple[str, str, str]) -> tuple[str, str, dict[str, str]]:
    place, pattern, words = row
    return place, pattern, {language: translator(language)(words) for language in LANGUAGES}
