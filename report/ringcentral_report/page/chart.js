// Charts by Vega-Lite. Colours are variables of the style sheet, so that dark and print need no redraw.

const specs = about.charts;

// The library is packed, too. The page's policy knows what it unpacks to.
async function loadCharts() {
  const script = element("script", { type: "module" }, new TextDecoder().decode(await unzipped("charts")));
  const loaded = new Promise((done) => window.addEventListener("charts", done, { once: true }));
  document.head.append(script);
  await loaded;
}

const SCALES = {
  outcomes: {
    domain: ["Answered", "Voicemail", "Callback requested", "Missed", "Abandoned", "Not connected", "Other"],
    range: ["answered", "voicemail", "callback_requested", "missed", "abandoned", "not_connected", "other"].map((one) => `var(--${one})`),
  },
};
const outcomeGroup = (name) => {
  const label = OUTCOME_LABELS[name];
  return SCALES.outcomes.domain.includes(label) ? label : "Other";
};

const tooltip = document.getElementById("tooltip");

// Vega's own tooltip would set HTML.
function showTooltip(_handler, event, _item, value) {
  tooltip.hidden = !value;
  if (!value) return;
  const lines = Object.values(value.told ?? {}).length ? Object.entries(value.told) : Object.entries(value).filter(([key]) => !HIDDEN_FIELDS.has(key));
  tooltip.replaceChildren(...lines.map(([key, text]) => element("div", {}, `${key}: ${text}`)));
  tooltip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - tooltip.offsetWidth - 8)}px`;
  tooltip.style.top = `${Math.min(event.clientY + 14, window.innerHeight - tooltip.offsetHeight - 8)}px`;
}
const HIDDEN_FIELDS = new Set(["order", "level"]);

const parts = new Intl.NumberFormat(LOCALE).formatToParts(1234567.8);
const part = (type) => parts.find((one) => one.type === type)?.value ?? "";

const drawn = new Map();

// Draws a chart into a figure whose height does not depend on it.
function draw(box, name, values, { scale } = {}) {
  const spec = structuredClone(specs[name]);
  spec.config = specs.config;
  spec.data = { values };
  spec.width = Math.max(240, box.clientWidth);
  spec.autosize = { type: "fit-x", contains: "padding" };
  if (spec.height.step) spec.height = spec.height.step * new Set(values.map((one) => one[spec.encoding.y.field])).size;
  const { color } = spec.encoding;
  if (color?.scale) color.scale = scale ?? SCALES[color.scale];
  // The page writes the legend itself: on a phone, it takes as many lines as it needs.
  if (color) color.legend = null;
  drawn.get(box)?.finalize();
  drawn.delete(box);
  return vegaEmbed(box, spec, {
    ast: true,
    actions: false,
    defaultStyle: false,
    renderer: "svg",
    tooltip: showTooltip,
    formatLocale: {
      decimal: part("decimal"), thousands: part("group"), grouping: [3], currency: ["", ""],
    },
  }).then(({ view }) => {
    drawn.set(box, view);
    // What it shows is said in words beside it, and stands in the table.
    box.querySelector("svg").setAttribute("aria-hidden", "true");
  });
}
