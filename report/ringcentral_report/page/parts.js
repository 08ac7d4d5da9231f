// The pages: each answers its question with a sentence, figures, a picture, and the table behind it.

const metrics = about.metrics;

// Figures with the change against the period before, where that is known.
function tiles(figures, figuresBefore) {
  return element("dl", { class: "tiles", "data-count": Object.keys(figures).length }, ...Object.entries(figures).map(([name, value]) => {
    const { label, kind, means } = metrics[name];
    return element("div", { class: "tile", "data-metric": name, "data-value": value ?? "", title: means },
      element("dt", {}, label),
      element("dd", { class: "number" }, show(value, kind)),
      figuresBefore ? element("dd", { class: "change" }, change(name, value, figuresBefore[name])) : null);
  }));
}

function change(name, value, before) {
  const { kind, good, compared = true } = metrics[name];
  if (!compared || value === null || before === null || before === undefined) return "";
  const difference = value - before;
  if (Math.abs(difference) < 1e-9) return "no change";
  const rises = difference > 0;
  const tone = good ? (rises === (good === "up") ? "good" : "bad") : null;
  let size = "";
  if (kind === "share") size = `${oneDecimal.format(Math.abs(difference) * 100)} points`;
  else if (before) size = percent.format(Math.abs(difference) / before);
  return element("span", {},
    element("span", { class: tone },
      element("span", { "aria-hidden": "true" }, rises ? "▲ " : "▼ "), element("span", { class: "unseen" }, rises ? "up " : "down "), size),
    ` from ${show(before, kind)}`);
}

function lead(...parts) {
  return element("p", { class: "lead" }, ...parts);
}

const number = (text) => element("strong", {}, text);
const many = (count, one, more) => `${wholeNumber.format(count)} ${count === 1 ? one : more}`;

// A chart with what it shows in words, for those who do not see it.
function figure(title, words, height, paint, legend = null) {
  const box = element("div", { class: "chart" });
  box.style.minHeight = `${height}px`;
  const made = element("figure", {}, element("figcaption", {}, element("strong", {}, title), element("span", { class: "words" }, ` ${words}`)), legend && legendOf(legend), box);
  queueMicrotask(() => paint(box));
  return made;
}

function legendOf({ domain, range }) {
  return element("ul", { class: "legend" }, ...domain.map((label, place) => {
    const item = element("li", {}, label);
    item.style.setProperty("--colour", range[place]);
    return item;
  }));
}

// What the reader should know about the figures of this page.
function notes(choice, { before, reason }, names, columns) {
  const items = [`This report was made on ${moment.format(dateOf(about.madeAt))}.`];
  items.push(...holesIn(choice).map(([from, to]) => holeText(from, to)));
  if (reason) items.push(reason);
  if (before) items.push(`Changes are compared with ${longDay.format(dateOf(before.begin))} to ${before.end % DAY ? moment.format(dateOf(before.end)) : longDay.format(dateOf(before.end - DAY))}.`);
  return element("aside", { "aria-label": "About these figures" },
    element("h3", {}, "About these figures"),
    element("ul", {}, ...items.map((one) => element("li", {}, one))),
    element("details", {}, element("summary", {}, "What each figure means"),
      element("dl", { class: "definitions" }, ...names.flatMap((name) => [
        element("dt", {}, metrics[name].label), element("dd", {}, metrics[name].means)]),
      ...columns.flatMap(([label, means]) => [element("dt", {}, label), element("dd", {}, means)]))));
}

function holeText(from, to) {
  const end = about.seenTo === null ? to : Math.min(to, about.seenTo);
  if (from >= end) return `After ${moment.format(dateOf(from))} nothing has been read so far.`;
  if (about.seenTo !== null && to > about.seenTo) {
    return `After ${moment.format(dateOf(from))} calls may still be missing or change: RingCentral adds and corrects calls late.`;
  }
  return `Between ${moment.format(dateOf(from))} and ${moment.format(dateOf(to))} calls are missing: not everything was read.`;
}

// Holes of a period that its figures suffer from. That the latest day may change is no such hole.
function gravestHoles(choice) {
  return holesIn(choice).filter(([from, to]) => (about.seenTo !== null && to <= about.seenTo) || about.madeAt - from > 2 * DAY);
}

const FILTERS = ["queue", "person", "site", "department", "direction"];

// The filters that are set and that a page does not know.
function ignoredFilters(choice, known) {
  return FILTERS.filter((name) => choice[name] !== null && choice[name] !== "" && !known.includes(name));
}

function notice(text, ...more) {
  return element("p", { class: "notice" }, text, ...more);
}

function fill(section, title, choice, compared, { lead: said, figures, figuresBefore, body, known = FILTERS, notices = [] }) {
  const ignored = ignoredFilters(choice, known);
  if (section.id !== "archive" && isUnread(choice)) {
    said = lead("No part of this period was read for good so far, so its calls are not known.");
    [figures, figuresBefore, body] = [Object.fromEntries(Object.keys(figures).map((name) => [name, null])), null, []];
  } else if (section.id !== "archive") {
    notices.unshift(...gravestHoles(choice).map(([from, to]) => holeText(from, to)));
  }
  if (choice.queue !== null && known.includes("queue") && section.id !== "queues") {
    notices.push("The filter by queue shows calls that came to this queue first. The page Queues also counts those that came to it from another queue.");
  }
  if (ignored.length) notices.unshift(`The ${ignored.length > 1 ? "filters" : "filter"} by ${ignored.join(" and ")} ${ignored.length > 1 ? "do" : "does"} not change this page: its figures are not available by ${ignored.join(" or ")}.`);
  setTitle(section, title, said, ...notices.map((one) => notice(one)), tiles(figures, compared.before && figuresBefore),
    ...body, notes(choice, compared, Object.keys(figures), body.flatMap((one) => one.explained ?? [])));
}

function setTitle(section, title, ...content) {
  section.removeAttribute("aria-label");
  section.setAttribute("aria-labelledby", `${section.id}-title`);
  const explain = element("button", { type: "button", class: "link" }, "What these figures mean");
  explain.addEventListener("click", () => {
    const details = section.querySelector("details");
    details.open = true;
    details.scrollIntoView();
    details.querySelector("summary").focus();
  });
  section.replaceChildren(element("div", { class: "question" }, element("h2", { id: `${section.id}-title` }, title), content.some((one) => one?.tagName === "ASIDE") ? explain : null), ...content);
}

// Instead of figures that the file does not hold.
function unavailable(section, title) {
  const begin = about.rowsFrom;
  const end = sinceBase(about.to) + DAY;
  const said = `Before ${longDay.format(dateOf(begin))} this file has daily sums instead of single calls, as there are too many. They can be filtered by one of queue, site and department, but not by these filters together.`;
  if (begin >= end) {
    setTitle(section, title, notice(said));
    return;
  }
  const button = element("button", { type: "button" }, `Show ${longDay.format(dateOf(begin))} to ${longDay.format(dateOf(end - DAY))}`);
  button.addEventListener("click", () => choosePeriod(begin, end));
  setTitle(section, title, notice(said), element("p", {}, button));
}

// A period cut to the days whose calls stand one by one, and what to say about that.
function cutToRows(choice) {
  if (inRows(choice)) return { choice, notices: [] };
  return {
    choice: { ...choice, begin: Math.min(about.rowsFrom, choice.end) },
    notice: `begins with ${longDay.format(dateOf(about.rowsFrom))}: there are too many calls to keep earlier ones one by one in this file.`,
  };
}

// Counts of an outcome's row, as the chart takes them: small classes together.
function grouped(counts) {
  const sums = new Map(SCALES.outcomes.domain.map((one) => [one, 0]));
  about.outcomes.forEach((name, place) => {
    const label = outcomeGroup(name);
    sums.set(label, sums.get(label) + counts[place]);
  });
  return sums;
}

// The scale of those outcomes that occur, so that the legend names no others.
function scaleOf(values) {
  const found = new Set(values.map((one) => one.outcome));
  const places = SCALES.outcomes.domain.map((_, place) => place).filter((place) => found.has(SCALES.outcomes.domain[place]));
  return { domain: places.map((place) => SCALES.outcomes.domain[place]), range: places.map((place) => SCALES.outcomes.range[place]) };
}

