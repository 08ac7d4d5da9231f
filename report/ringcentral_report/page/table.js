// Tables that can be sorted and taken along as CSV. Text is only ever set as textContent.

const ROWS_SHOWN = 25;
const MOST_ROOMY = 12;
const ALIGNED_LEFT = new Set(["text", "moment", "day"]);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((one) => one !== null && one !== undefined));
  return made;
}

// columns: [{key, label, kind, metric, explains, of(row), sortBy(row), mark(row), act(row)}]; the first names the row.
function table({ caption, columns, rows, sort, name, empty = "Nothing in this period." }) {
  const box = element("div", { class: "table" });
  const means = (column) => metrics[column.explains ?? column.metric]?.means;
  box.explained = columns.filter(means).map((column) => [column.label, means(column)]);
  if (!rows.length) {
    box.append(element("p", { class: "empty" }, empty));
    return box;
  }
  let order = sort;
  let shown = ROWS_SHOWN;
  const body = element("tbody");
  const heads = columns.map((column) => {
    const button = element("button", { type: "button" }, column.label);
    button.addEventListener("click", () => {
      const descends = order.key === column.key ? !order.descends : column.kind !== "text";
      order = { key: column.key, descends };
      fill();
    });
    return element("th", { scope: "col", class: ALIGNED_LEFT.has(column.kind) ? null : "figure", title: means(column) }, button);
  });
  const more = element("button", { type: "button" }, `Show all ${wholeNumber.format(rows.length)}`);
  more.addEventListener("click", () => {
    shown = rows.length;
    fill();
  });
  // On paper, nothing else tells that there are more.
  const rest = element("p", { class: "rest" });
  const save = element("button", { type: "button" }, "Save as CSV");
  save.addEventListener("click", () => download(`${name}.csv`, csv(columns, sorted())));

  function sorted() {
    const column = columns.find((one) => one.key === order.key);
    if (!column) return rows;
    const sign = order.descends ? -1 : 1;
    const of = column.sortBy ?? column.of;
    return [...rows].sort((one, other) => sign * compare(of(one), of(other), sign));
  }

  function fill() {
    columns.forEach((column, place) => {
      const is = column.key === order.key;
      if (is) heads[place].setAttribute("aria-sort", order.descends ? "descending" : "ascending");
      else heads[place].removeAttribute("aria-sort");
    });
    body.replaceChildren(...sorted().slice(0, shown).map((row) => tableRow(columns, row)));
    more.hidden = rows.length <= shown;
    rest.textContent = more.hidden ? "" : `The first ${wholeNumber.format(shown)} of ${wholeNumber.format(rows.length)} rows.`;
  }

  fill();
  box.append(
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      element("table", { class: columns.length > MOST_ROOMY && "dense" }, element("caption", {}, element("span", {}, caption)), element("thead", {}, element("tr", {}, ...heads)), body)),
    rest,
    element("p", { class: "actions" }, more, save),
  );
  return box;
}

function tableRow(columns, row) {
  const cells = columns.map((column, place) => {
    const value = column.of(row);
    const text = show(value, column.kind);
    const attributes = {
      class: [ALIGNED_LEFT.has(column.kind) ? (column.kind === "text" ? "" : "time") : "figure", column.mark ? column.mark(row) : ""].join(" ").trim() || null,
      "data-label": column.label,
      "data-metric": column.metric,
      "data-value": column.metric ? (value ?? "") : null,
    };
    const content = column.act ? actionOf(text, () => column.act(row)) : text;
    return place ? element("td", attributes, content) : element("th", { scope: "row", ...attributes }, content);
  });
  return element("tr", { class: row.mark ?? null }, ...cells);
}

function actionOf(text, act) {
  const button = element("button", { type: "button", class: "link" }, text);
  button.addEventListener("click", act);
  return button;
}

// Unknown values come last, whichever way the rest is sorted.
function compare(one, other, sign) {
  const missing = (value) => value === null || value === undefined;
  if (missing(one) || missing(other)) return sign * (missing(one) - missing(other));
  return typeof one === "string" ? one.localeCompare(other, LOCALE, { numeric: true }) : one - other;
}

function csv(columns, rows) {
  const lines = [columns.map((one) => one.label), ...rows.map((row) => columns.map((one) => plain(one, row)))];
  return lines.map((line) => line.map(csvField).join(",")).join("\r\n");
}

function plain(column, row) {
  const value = column.of(row);
  if (value === null || value === undefined) return "";
  return ["moment", "day", "minute"].includes(column.kind) ? show(value, column.kind) : value;
}

// Spreadsheets take what begins like this for a formula: an apostrophe makes it text.
function csvField(value) {
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r\n]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
