// What the reader has chosen, and which rows belong to it.

const form = document.getElementById("filters");

// Seconds since the base: [begin, end). The end of the data cuts a period that is not over.
function chosenPeriod() {
  const begin = sinceBase(form.elements.from.value || about.from);
  const end = sinceBase(form.elements.to.value || about.to) + DAY;
  return { begin, end: Math.max(end, begin + DAY) };
}

// The period before, as long, up to the same moment; null where it was not read for good.
function periodBefore({ begin, end }) {
  const now = about.seenTo === null ? end : Math.min(end, about.seenTo);
  const length = end - begin;
  const before = { begin: begin - length, end: Math.max(now, begin) - length };
  return before.begin >= 0 && about.health.length && !holesIn(before).length ? before : null;
}

// What of a period was not read for good, as [from, to].
function holesIn({ begin, end }) {
  return about.uncovered
    .map(([from, to]) => [Math.max(from, begin), Math.min(to, end)])
    .filter(([from, to]) => from < to);
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
  for (const [value, text] of periods()) add(elements.period, value, text);
  elements.from.min = elements.to.min = about.first;
  elements.from.max = elements.to.max = about.to;
}

function periods() {
  const end = sinceBase(about.to);
  const from = (days) => isoDay(Math.max(end - (days - 1) * DAY, sinceBase(about.first)));
  return [
    [`${about.from}/${about.to}`, "As made"],
    [`${about.to}/${about.to}`, "Last day"],
    [`${isoDay(end - DAY)}/${isoDay(end - DAY)}`, "The day before"],
    [`${from(7)}/${about.to}`, "Last 7 days"],
    [`${from(28)}/${about.to}`, "Last 28 days"],
    [`${from(90)}/${about.to}`, "Last 90 days"],
    [`${about.first}/${about.to}`, "All there is"],
    ["", "Other days"],
  ];
}
