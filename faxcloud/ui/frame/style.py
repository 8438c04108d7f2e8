"""Extra CSS for what Streamlit's theme cannot set."""

STYLE = """<style>
.stMainBlockContainer { padding-top: 4.2rem; padding-bottom: 4rem; max-width: 1480px; }
.st-key-head h1 { padding: 0; }
.st-key-freshness p { font-variant-numeric: tabular-nums; }
.st-key-sample-banner { border: 1px solid rgba(201, 133, 0, .35); background: rgba(201, 133, 0, .08);
  border-radius: .4rem; padding: .25rem .9rem; }
.st-key-invitation { padding: 3.5rem 1.25rem; }
/* A table's own toolbar covers what is above it, and downloads cells that a spreadsheet would run. */
[data-testid="stElementContainer"]:has(.stDataFrame) [data-testid="stElementToolbar"] { display: none; }
/* Streamlit cuts a label at the height of its letters: accents of capitals (Émis) need more. */
.stApp .stMarkdownEllipsis { line-height: 1.6; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
/* What is said quietly is said at 60 % by Streamlit, which is too faint for AA. */
.stApp [data-testid="stCaptionContainer"] :is(p, li, code),
.stApp [data-testid="stExpander"] summary [data-testid="stMarkdownContainer"] :is(p, code) { color: #55636f; }
.stApp [data-testid="stCaptionContainer"],
.stApp [data-testid="stExpander"] :is(details, summary, summary *) { opacity: 1; }
/* Filters stand in one line: as high as the lists beside them. */
[class*="st-key-filter_"] [data-variant="segmented_control"] { min-height: 2.5rem; }
/* A figure's label and the hint of a drop area, whole. */
.stApp [data-testid="stMetricLabel"] .stMarkdownEllipsis, [data-testid="stMetricLabel"] .stMarkdownEllipsis p,
[data-testid="stFileUploaderDropzoneInstructions"] span { white-space: normal; overflow: visible; }
/* A file's whole name. */
[data-testid="stFileUploaderFileName"] { white-space: normal; overflow-wrap: anywhere; max-width: none; }
/* Where the keyboard is: one ring, beside the text and icons that it surrounds. */
.stApp :is(a, button, summary, [role="menuitem"], [role="tab"], [tabindex]):focus-visible
  { outline: 2px solid #2a8cab; outline-offset: 2px; box-shadow: none; }
.stApp :is([kind="tertiary"], summary):focus-visible { outline-offset: 5px; }
/* Closer or inside, where what lies around would cut it. */
.stApp [data-testid="stHeader"] :is(a, button):focus-visible { outline-offset: 0; }
.stApp :is([data-variant="segmented_control"], [role="figure"], main):focus-visible { outline-offset: -3px; }
/* Two figures beside each other on a telephone: a million has to fit. */
@media (max-width: 640px) { [data-testid="stMetricValue"] { font-size: 1.4rem; } }
/* Sign-in and sign-out, which look like Streamlit's buttons. */
.stHtml .in-this-tab { display: inline-block; box-sizing: border-box; min-height: 2.5rem;
  padding: .4rem .75rem; border: 1px solid rgba(128, 143, 155, .45); border-radius: .5rem;
  background: transparent; color: inherit; font: inherit; font-size: .875rem; line-height: 1.6;
  text-decoration: none; cursor: pointer; }
.stHtml .in-this-tab:hover { border-color: #2a8cab; }
/* Seven figures in a row, with their units. */
[class*="st-key-figures-"] [data-testid="stMetricValue"] { font-size: 1.4rem; }
/* The component that ticks has nothing to show. */
.st-key-freshness [data-testid="stElementContainer"]:has(iframe) {
  position: absolute; width: 0; height: 0; overflow: hidden; visibility: hidden; }
</style>"""

STYLE_ON_DARK = """<style>
.stApp [data-testid="stCaptionContainer"] :is(p, li, code),
.stApp [data-testid="stExpander"] summary [data-testid="stMarkdownContainer"] :is(p, code) { color: #a3b1bc; }
/* The accent bears white text on a button; as text it is too faint on the dark ground for AA. */
[data-testid="stBaseButton-segmented_controlActive"], [data-testid="stBaseButton-segmented_controlActive"] p,
:is([data-variant="segmented_control"], [data-variant="pills"])[aria-checked="true"],
:is([data-variant="segmented_control"], [data-variant="pills"])[aria-checked="true"] p,
[data-variant="pills"][aria-pressed="true"], [data-variant="pills"][aria-pressed="true"] p,
[data-testid="stBaseButton-pillsActive"], [data-testid="stBaseButton-pillsActive"] p
  { color: #6cc4dc; }
</style>"""
