// What the reader has chosen, and which rows belong to it.

const form = document.getElementById("filters");

// Seconds since the base: [begin, end). The end of the data cuts a period that is not over.
function chosenPeriod() {
  const begin = sinceBase(form.elements.from.value || about.from);
  const end = sinceBase(form.elements.to.value || about.to) + DAY;
  return { begin, end: Math.max(end, begin + DAY) };
}

// What the figures of a page are compared with: {before} or, where with nothing, {reason}.
// `grain` tells the span that a page's figures are kept for, s; null where they are not.
function comparison(choice, grain) {
  if (!about.health.length) return { reason: "No changes are shown: it is not known which days were read (the archive has no call_log_coverage)." };
  const now = about.seenTo === null ? choice.end : Math.min(choice.end, about.seenTo);
  const length = choice.end - choice.begin;
  const before = { begin: choice.begin - length, end: Math.max(now, choice.begin) - length };
  if (before.begin < 0) return { reason: "No changes are shown: the previous period is not in this file." };
  if (holesIn(before).length) return { reason: "No changes are shown: the previous period was not read completely." };
  const grains = [grain(choice), grain({ ...choice, ...before })];
  if (grains.includes(null)) return { reason: "No changes are shown: this file does not have the previous period with these filters." };
  const span = Math.max(...grains);
  if (span === DAY && before.end % DAY) {
    return { reason: "No changes are shown: the last day is not over, and these figures exist for whole days only." };
  }
  before.end = Math.ceil(before.end / span) * span;
  return { before };
}

// What of a period was not read for good, as [from, to].
function holesIn({ begin, end }) {
  return about.uncovered
    .map(([from, to]) => [Math.max(from, begin), Math.min(to, end)])
    .filter(([from, to]) => from < to);
}

// Whether nothing of a period was read for good, and no call of it is in the file: then nothing is known of it.
function isUnread({ begin, end }) {
  let known = begin;
  for (const [from, to] of [...about.uncovered].sort((one, other) => one[0] - other[0])) if (from <= known) known = Math.max(known, to);
  return known >= end && !anyRow(tables.calls, "at", 1, begin, end) && !(tables.sums && anyRow(tables.sums, "at", HOUR, begin, end));
}

function chosen() {
  const value = (name) => form.elements[name].value;
  const place = (name) => (value(name) === "" ? null : Number(value(name)));
  return {
    ...chosenPeriod(),
    queue: place("queue"),
    person: place("person"),
    site: value("site"),
    department: value("department"),
    direction: value("direction"),
    type: value("type"),
  };
}

// For each person whether they belong to the choice; null where everybody does.
function peopleChosen({ person, site, department }) {
  if (person === null && !site && !department) return null;
  return about.people.map(
    (one, place) =>
      (person === null || place === person) &&
      (!site || one.site === site) &&
      (!department || one.department === department),
  );
}

const DIRECTIONS = ["Inbound", "Outbound"];
const TYPES = ["Voice", "Fax"];

// Calls visit(place) for each call of the choice.
function eachCall(choice, visit) {
  const { direction, type, queue, person, answerer } = tables.calls;
  const people = peopleChosen(choice);
  const way = choice.direction ? DIRECTIONS.indexOf(choice.direction) : -1;
  const kind = choice.type ? TYPES.indexOf(choice.type) : -1;
  eachRow(tables.calls, "at", 1, choice.begin, choice.end, (place) => {
    if (way >= 0 && direction.values[place] !== way) return;
    if (kind >= 0 && type.values[place] !== kind) return;
    if (choice.queue !== null && queue.values[place] !== choice.queue) return;
    if (people && !people[person.values[place]] && !people[answerer.values[place]]) return;
    visit(place);
  });
}

// Whether this is what the report was made for, with no filter.
function isAsMade(choice) {
  const { begin, end, queue, person, site, department, direction, type } = choice;
  return begin === sinceBase(about.from) && end === sinceBase(about.to) + DAY && queue === null && person === null && !site && !department && !direction && type === "Voice";
}

// The filters that are set, in words, the period apart.
function filtersSet() {
  const { elements } = form;
  const set = ["queue", "person", "site", "department", "direction"].filter((name) => elements[name].value !== "");
  if (elements.type.value !== "Voice") set.push("type");
  return set.map((name) => elements[name].selectedOptions[0].textContent);
}

function isPeriodAsMade() {
  return form.elements.from.value === about.from && form.elements.to.value === about.to;
}

function fillFilters() {
  const { elements } = form;
  const add = (select, value, text) => select.append(new Option(text, value));
  const named = (entries, what) =>
    entries
      .map((one, place) => [String(place), nameOf(one, what)])
      .sort((one, other) => one[1].localeCompare(other[1], LOCALE, { numeric: true }));
  for (const [value, text] of named(about.queues, "Queue")) add(elements.queue, value, text);
  for (const [value, text] of named(about.people, "Extension")) add(elements.person, value, text);
  for (const field of ["site", "department"]) {
    const values = [...new Set(about.people.map((one) => one[field]).filter(Boolean))].sort();
    for (const value of values) add(elements[field], value, value);
    elements[field].closest("label").hidden = !values.length;
  }
  elements.queue.closest("label").hidden = !about.queues.length;
  elements.person.closest("label").hidden = !about.people.length;
  const groups = new Map();
  for (const [value, text, group] of periods()) {
    const option = new Option(text, value);
    if (!group) elements.period.append(option);
    else {
      if (!groups.has(group)) {
        groups.set(group, element("optgroup", { label: group }));
        elements.period.append(groups.get(group));
      }
      groups.get(group).append(option);
    }
  }
  elements.from.min = elements.to.min = about.first;
  elements.from.max = elements.to.max = about.to;
}

// [value, text, group]: the first of two with the same days stays.
function periods() {
  const end = sinceBase(about.to);
  const first = sinceBase(about.first);
  const from = (days) => isoDay(Math.max(end - (days - 1) * DAY, first));
  const days = Array.from({ length: 8 }, (_, place) => end - place * DAY).filter((one) => one >= first);
  // Weeks from Monday to Sunday, the latest one as far as it goes.
  const monday = end - ((dateOf(end).getUTCDay() + 6) % 7) * DAY;
  const weeks = Array.from({ length: 5 }, (_, place) => monday - place * 7 * DAY).filter((one) => one >= first);
  const found = [
    [`${about.from}/${about.to}`, `${shortDay.format(dateOf(sinceBase(about.from)))} – ${shortDay.format(dateOf(end))}`],
    ...[7, 28, 90].map((one) => [`${from(one)}/${about.to}`, `Last ${one} days`]),
    [`${about.first}/${about.to}`, "All days in this file"],
    ...weeks.map((one) => {
      const last = Math.min(one + 6 * DAY, end);
      return [`${isoDay(one)}/${isoDay(last)}`, `Week of ${shortDay.format(dateOf(one))}`, "One week, from Monday"];
    }),
    ...days.map((one) => [`${isoDay(one)}/${isoDay(one)}`, longDay.format(dateOf(one)), "One day"]),
    ["", "Other days"],
  ];
  return found.filter(([value], place) => found.findIndex((one) => one[0] === value) === place);
}

// Shows other days, as if they were chosen above.
function choosePeriod(begin, end) {
  form.elements.from.value = isoDay(begin);
  form.elements.to.value = isoDay(end - DAY);
  form.elements.to.dispatchEvent(new Event("change", { bubbles: true }));
}
