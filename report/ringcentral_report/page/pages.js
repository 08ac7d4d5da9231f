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
  const { kind, good } = metrics[name];
  if (value === null || before === null || before === undefined) return "";
  const difference = value - before;
  const box = element("span");
  if (Math.abs(difference) < 1e-9) return element("span", {}, "as before");
  const rises = difference > 0;
  if (good) box.className = rises === (good === "up") ? "good" : "bad";
  const sign = rises ? "▲ " : "▼ ";
  if (kind === "share") box.append(`${sign}${oneDecimal.format(Math.abs(difference) * 100)} points`);
  else if (!before) box.append(`${sign}from ${show(before, kind)}`);
  else box.append(`${sign}${percent.format(Math.abs(difference) / before)}`);
  box.append(element("span", { class: "before" }, ` was ${show(before, kind)}`));
  return box;
}

function lead(...parts) {
  return element("p", { class: "lead" }, ...parts);
}

const number = (text) => element("strong", {}, text);
const many = (count, one, more) => `${wholeNumber.format(count)} ${count === 1 ? one : more}`;

// A chart with what it shows in words, for those who do not see it.
function figure(title, words, height, paint) {
  const box = element("div", { class: "chart", style: null });
  box.style.minHeight = `${height}px`;
  const made = element("figure", {}, element("figcaption", {}, element("strong", {}, title), element("span", { class: "words" }, ` ${words}`)), box);
  queueMicrotask(() => paint(box));
  return made;
}

// What the reader should know about the figures of this page.
function notes(choice, before, names, ignored) {
  const items = [];
  const holes = holesIn(choice);
  if (!about.health.length) items.push("What was read is not known: the archive has no call_log_coverage. So no change is shown.");
  for (const [from, to] of holes) items.push(holeText(from, to));
  if (about.health.length && !before) items.push("No change is shown: the period before was not read, or not for good.");
  if (before) items.push(`Changes are against ${longDay.format(dateOf(before.begin))} to ${moment.format(dateOf(before.end))}.`);
  if (ignored.length) items.push(`Not filtered here by ${ignored.join(", ")}: this page does not know it.`);
  return element("aside", { "aria-label": "About these figures" },
    element("h3", {}, "About these figures"),
    element("ul", {}, ...items.map((one) => element("li", {}, one))),
    element("details", {}, element("summary", {}, "What each figure means"),
      element("dl", { class: "definitions" }, ...names.flatMap((name) => [
        element("dt", {}, metrics[name].label), element("dd", {}, metrics[name].means)]))));
}

function holeText(from, to) {
  const end = about.seenTo === null ? to : Math.min(to, about.seenTo);
  if (from >= end) return `After ${moment.format(dateOf(from))} nothing was read so far.`;
  if (about.seenTo !== null && to > about.seenTo) {
    return `From ${moment.format(dateOf(from))} on, calls may still come in late or change.`;
  }
  return `From ${moment.format(dateOf(from))} to ${moment.format(dateOf(to))} not all was read for good.`;
}

// The filters that are set and that a page does not know.
function ignoredFilters(choice, known) {
  const labels = { queue: "queue", person: "person", site: "site", department: "department", direction: "direction" };
  return Object.keys(labels).filter((name) => choice[name] !== null && choice[name] !== "" && !known.includes(name)).map((name) => labels[name]);
}

function fill(section, title, choice, before, { lead: said, figures, figuresBefore, body, known }) {
  const names = Object.keys(figures);
  section.removeAttribute("aria-label");
  section.setAttribute("aria-labelledby", `${section.id}-title`);
  section.replaceChildren(
    element("h2", { id: `${section.id}-title` }, title), said, tiles(figures, before && figuresBefore),
    ...body, notes(choice, before, names, ignoredFilters(choice, known)));
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

const EVERYTHING = ["queue", "person", "site", "department", "direction"];

function overviewPage(section, choice, before) {
  const figures = overview(choice);
  const rows = outcomesByDay(choice);
  const weekly = rows.length && rows[0].days === 7;
  const waiting = missedFigures(missedCalls(choice)).not_called_back;
  const values = rows.flatMap((row) => [...grouped(row.counts)].map(([outcome, calls], order) => (
    { when: row.label, outcome, calls, order, told: { [weekly ? "Week from" : "Day"]: longDay.format(dateOf(row.begin)), [outcome]: wholeNumber.format(calls) } })))
    .filter((one) => one.calls || one.order === 0);
  const used = about.outcomes.filter((_, place) => rows.some((row) => row.counts[place]));
  const busiest = rows.reduce((most, row) => (total(row) > total(most) ? row : most), rows[0]);
  fill(section, "What became of our calls?", choice, before, {
    lead: figures.calls
      ? lead(number(many(figures.calls, "call", "calls")), `, ${show(figures.answered_share, "share")} answered. `,
        waiting ? number(`${many(waiting, "missed call was", "missed calls were")} not called back.`) : "Nobody is waiting to be called back.")
      : lead("There is no call in this period."),
    figures,
    figuresBefore: before && overview({ ...choice, ...before }),
    known: EVERYTHING,
    body: [
      figures.calls ? figure(weekly ? "Calls by week" : "Calls by day", `The busiest ${weekly ? "week began" : "day was"} ${longDay.format(dateOf(busiest.begin))} with ${many(total(busiest), "call", "calls")}.`, 290,
        (box) => draw(box, "outcomes", values, { scale: scaleOf(values) })) : null,
      table({
        caption: weekly ? "Calls by week and outcome" : "Calls by day and outcome",
        name: "calls-by-day", rows: rows.filter((row) => total(row)), sort: { key: "day", descends: true },
        columns: [
          { key: "day", label: weekly ? "Week from" : "Day", kind: "day", of: (row) => row.begin },
          { key: "calls", label: "Calls", kind: "count", metric: "day.calls", of: total },
          ...used.map((name) => ({ key: name, label: OUTCOME_LABELS[name], kind: "count", metric: `day.${name}`, of: (row) => row.counts[OUTCOME[name]] })),
        ],
      }),
    ].filter(Boolean),
  });
}

const total = (row) => row.counts.reduce((sum, one) => sum + one, 0);

const STATES = { open: "no", hidden: "number hidden", back: "yes" };
const STATE_ORDER = { open: 0, hidden: 1, back: 2 };

function missedPage(section, choice, before) {
  const rows = missedCalls(choice);
  rows.sort((one, other) => STATE_ORDER[one.state] - STATE_ORDER[other.state] || other.at - one.at);
  for (const row of rows) row.mark = row.state;
  const figures = missedFigures(rows);
  const first = rows.find((one) => one.state === "open");
  const tries = new Map();
  for (const row of rows) if (row.state === "open") tries.set(row.caller, (tries.get(row.caller) ?? 0) + 1);
  const bins = callbackBins(rows);
  fill(section, "Who should be called back?", choice, before, {
    lead: !rows.length ? lead("No call in was missed in this period.")
      : first ? lead(number(many(figures.not_called_back, "call", "calls")), ` of ${wholeNumber.format(rows.length)} that nobody took ${figures.not_called_back === 1 ? "was" : "were"} not called back. Latest: `,
        number(callerName(first.caller)), `, ${moment.format(dateOf(first.at))}.`)
        : lead("Everybody whose number is known was called back."),
    figures,
    figuresBefore: before && missedFigures(missedCalls({ ...choice, ...before })),
    known: EVERYTHING,
    body: [
      table({
        caption: "Calls in that nobody took, those not called back first", name: "missed-calls", rows, sort: { key: "", descends: false },
        empty: "No call in was missed in this period.",
        columns: [
          { key: "caller", label: "Caller", kind: "text", of: (row) => callerName(row.caller) },
          ...(about.anonymous ? [] : [{ key: "name", label: "Name", kind: "text", of: (row) => row.name }]),
          { key: "state", label: "Called back?", kind: "text", metric: "missed.state", mark: (row) => `state ${row.state}`, of: (row) => STATES[row.state] },
          { key: "at", label: "When", kind: "moment", metric: "missed.at", of: (row) => row.at },
          { key: "queue", label: "Queue", kind: "text", of: (row) => queueName(row.queue) },
          { key: "person", label: "Rang first at", kind: "text", of: (row) => personName(row.person) },
          { key: "outcome", label: "Outcome", kind: "text", of: (row) => OUTCOME_LABELS[row.outcome] },
          { key: "tries", label: "Tries", kind: "count", of: (row) => (row.state === "open" ? tries.get(row.caller) : null) },
          { key: "minutes", label: "Called back after", kind: "minutes", metric: "missed.callback_minutes", of: (row) => row.minutes },
        ],
      }),
      rows.length ? figure("How soon callers were called back", bins.map((one) => `${one.name}: ${wholeNumber.format(one.calls)}`).join(", ") + ".", 190,
        (box) => draw(box, "bars", bins.map((one) => ({ ...one, told: { [one.name]: wholeNumber.format(one.calls) } })), {
          hidesLegend: true, scale: { domain: ["yes", "no", "hidden"], range: ["var(--answered)", "var(--missed)", "var(--other)"] } })) : null,
    ].filter(Boolean),
  });
}

function callbackBins(rows) {
  const within = (from, to) => rows.filter((one) => one.minutes !== null && one.minutes > from && one.minutes <= to).length;
  const state = (name) => rows.filter((one) => one.state === name).length;
  return [
    { name: "Within an hour", calls: within(-1, 60), outcome: "yes", order: 0 },
    { name: "Within a day", calls: within(60, 1440), outcome: "yes", order: 0 },
    { name: "Later", calls: within(1440, Infinity), outcome: "yes", order: 0 },
    { name: "Not so far", calls: state("open"), outcome: "no", order: 0 },
    { name: "Number hidden", calls: state("hidden"), outcome: "hidden", order: 0 },
  ];
}

const BARS_SHOWN = 12;
const barsHeight = (rows) => Math.min(rows.length, BARS_SHOWN) * 26 + 80;

function queuesPage(section, choice, before) {
  const rows = queueSums(choice).map((row) => ({ ...row, lost: row.offered - row.answered }));
  rows.sort((one, other) => other.lost - one.lost);
  const figures = queueFigures(rows);
  const worst = rows[0];
  const kinds = ["answered", "voicemail", "callback_requested", "missed", "abandoned"];
  const values = rows.slice(0, BARS_SHOWN).flatMap((row) => [
    ...kinds.map((name, order) => ({ name: queueName(row.queue), outcome: OUTCOME_LABELS[name], calls: row[name], order })),
    { name: queueName(row.queue), outcome: "Other", calls: row.offered - kinds.reduce((sum, name) => sum + row[name], 0), order: 9 },
  ]).filter((one) => one.calls > 0).map((one) => ({ ...one, told: { [one.name]: "", [one.outcome]: wholeNumber.format(one.calls) } }));
  fill(section, "Which queue loses callers?", choice, before, {
    lead: !rows.length ? lead("No call came to a queue in this period, as far as the log tells.")
      : worst.lost ? lead(number(queueName(worst.queue)), ` lost most: ${wholeNumber.format(worst.lost)} of ${many(worst.offered, "call", "calls")} were not answered there. In all queues, ${show(share(figures.queue_answered, figures.offered), "share")} were answered.`)
        : lead("Every call that came to a queue was answered there."),
    figures,
    figuresBefore: before && queueFigures(queueSums({ ...choice, ...before })),
    known: ["queue"],
    body: [
      rows.length ? figure("What became of the calls of each queue", rows.length > BARS_SHOWN ? `The ${BARS_SHOWN} that lost most.` : "Those that lost most come first.", barsHeight(rows),
        (box) => draw(box, "bars", values, { scale: scaleOf(values) })) : null,
      table({
        caption: "Queues, those that lost most first", name: "queues", rows, sort: { key: "lost", descends: true },
        columns: [
          { key: "queue", label: "Queue", kind: "text", of: (row) => queueName(row.queue) },
          { key: "offered", label: "Offered", kind: "count", metric: "queue.offered", of: (row) => row.offered },
          { key: "answered", label: "Answered", kind: "count", metric: "queue.answered", of: (row) => row.answered },
          { key: "lost", label: "Not answered", kind: "count", metric: "queue.lost", of: (row) => row.lost },
          { key: "abandoned", label: "Abandoned", kind: "count", metric: "queue.abandoned", of: (row) => row.abandoned },
          { key: "abandoned_short", label: "of them short", kind: "count", metric: "queue.abandoned_short", of: (row) => row.abandoned_short },
          { key: "voicemail", label: "Voicemail", kind: "count", metric: "queue.voicemail", of: (row) => row.voicemail },
          { key: "callback_requested", label: "Callback requested", kind: "count", metric: "queue.callback_requested", of: (row) => row.callback_requested },
          { key: "missed", label: "Missed", kind: "count", metric: "queue.missed", of: (row) => row.missed },
          { key: "overflow_in", label: "From another queue", kind: "count", metric: "queue.overflow_in", of: (row) => row.overflow_in },
          { key: "service_level", label: "Service level", kind: "share", metric: "queue.service_level", of: (row) => share(row.sla_in_time, row.sla_base) },
          { key: "average", label: "Average wait", kind: "seconds", metric: "queue.average_wait_seconds", of: (row) => (row.waits ? row.waited / row.waits / 1000 : null) },
          { key: "longest", label: "Longest wait", kind: "seconds", metric: "queue.longest_wait_seconds", of: (row) => (row.longest === null ? null : row.longest / 1000) },
        ],
      }),
    ].filter(Boolean),
  });
}

function peoplePage(section, choice, before) {
  const rows = peopleSums(choice).map((row) => ({ ...row, first: median(row.firsts, 1), last: median(row.lasts, 1) }));
  rows.sort((one, other) => other.answered - one.answered);
  const figures = peopleFigures(rows);
  const values = rows.slice(0, BARS_SHOWN).flatMap((row) => [
    { name: personName(row.person), outcome: "Answered", calls: row.answered, order: 0 },
    { name: personName(row.person), outcome: "Placed", calls: row.outbound, order: 1 },
  ]).map((one) => ({ ...one, told: { [one.name]: "", [one.outcome]: wholeNumber.format(one.calls) } }));
  const oneDay = choice.end - choice.begin <= DAY;
  fill(section, "Who answers, and who is on the phone?", choice, before, {
    lead: rows.length ? lead(number(personName(rows[0].person)), ` answered most, ${many(rows[0].answered, "call", "calls")}. ${many(rows.length, "person", "people")} had calls and talked for ${show(figures.person_talk_seconds, "seconds")}.`)
      : lead("Nobody had a call in this period, as far as the log tells."),
    figures,
    figuresBefore: before && peopleFigures(peopleSums({ ...choice, ...before })),
    known: ["person", "site", "department"],
    body: [
      rows.length ? figure("Calls answered and placed", rows.length > BARS_SHOWN ? `The ${BARS_SHOWN} who answered most.` : "Those who answered most come first.", barsHeight(rows),
        (box) => draw(box, "bars", values, { scale: { domain: ["Answered", "Placed"], range: ["var(--answered)", "var(--callback_requested)"] } })) : null,
      table({
        caption: "People", name: "people", rows, sort: { key: "answered", descends: true },
        columns: [
          { key: "person", label: "Person", kind: "text", of: (row) => personName(row.person) },
          { key: "department", label: "Department", kind: "text", of: (row) => about.people[row.person].department },
          { key: "site", label: "Site", kind: "text", of: (row) => about.people[row.person].site },
          { key: "answered", label: "Answered", kind: "count", metric: "person.answered", of: (row) => row.answered },
          { key: "offered", label: "Offered", kind: "count", metric: "person.offered", of: (row) => row.offered },
          { key: "refused", label: "Not taken", kind: "count", metric: "person.refused", of: (row) => row.refused },
          { key: "outbound", label: "Placed", kind: "count", metric: "person.outbound", of: (row) => row.outbound },
          { key: "connected", label: "Connected", kind: "count", metric: "person.connected", of: (row) => row.connected },
          { key: "talk", label: "Talk time", kind: "seconds", metric: "person.talk_seconds", of: (row) => row.talk },
          { key: "first", label: oneDay ? "First call" : "First call, usually", kind: "minute", of: (row) => row.first },
          { key: "last", label: oneDay ? "Last call" : "Last call, usually", kind: "minute", of: (row) => row.last },
        ],
      }),
    ].filter(Boolean),
  });
}

// Classes of about equal width for the heat map, beginning with none.
function levels(most) {
  const step = Math.max(1, Math.ceil(most / 5));
  const bounds = [0, 1, 2, 3, 4].map((one) => one * step + 1).filter((one) => one <= most);
  const labels = ["none", ...bounds.map((one) => (step === 1 ? `${one}` : `${one}–${one + step - 1}`))];
  return { labels, of: (calls) => labels[calls ? Math.ceil(calls / step) : 0] };
}

function whenPage(section, choice, before) {
  const cells = weekHours(choice);
  const most = cells.reduce((found, one) => (one.calls > found.calls ? one : found), cells[0]);
  const { rows: quarters, busiest } = dayQuarters(choice);
  const peak = quarters.reduce((found, one) => (one.most > found.most ? one : found), quarters[0]);
  const hours = cells.filter((one) => one.calls).map((one) => one.hour);
  const from = Math.min(8, ...hours);
  const to = Math.max(17, ...hours);
  const level = levels(most.calls);
  const values = cells.filter((one) => one.hour >= from && one.hour <= to).map((one) => ({
    weekday: WEEKDAYS[one.weekday], hour: String(one.hour), level: level.of(one.calls),
    told: { [`${WEEKDAYS[one.weekday]}, ${timeOfDay.format(one.hour * 3_600_000)}`]: many(one.calls, "call", "calls"), "not taken": wholeNumber.format(one.lost) } }));
  const heat = { domain: level.labels, range: level.labels.map((_, place) => `var(--heat${place})`) };
  const figuresOf = (found, some) => ({
    busiest_hour_calls: Math.max(...found.map((one) => one.calls)),
    peak_calls: some.rows.some((one) => one.peaks.length) ? Math.max(...some.rows.map((one) => one.most)) : null,
    busiest_erlangs: some.rows.some((one) => one.peaks.length) ? some.busiest : null,
  });
  const span = quarters.filter((one) => one.quarter >= from * 4 && one.quarter < to * 4 + 4);
  const quarterValues = span.map((one) => ({
    when: timeOfDay.format(one.quarter * 900_000), most: one.most, usual: one.peaks.length ? median(one.peaks, 1) : 0,
    told: { [timeOfDay.format(one.quarter * 900_000)]: `${wholeNumber.format(one.most)} at most`, usually: one.peaks.length ? wholeNumber.format(median(one.peaks, 1)) : "0" } }));
  fill(section, "When do people call?", choice, before, {
    lead: most.calls ? lead("Most calls come on ", number(`${WEEKDAYS[most.weekday]} from ${timeOfDay.format(most.hour * 3_600_000)}`), `. At most ${many(peak.most, "call was", "calls were")} under way at once.`)
      : lead("There is no call in this period."),
    figures: figuresOf(cells, { rows: quarters, busiest }),
    figuresBefore: before && figuresOf(weekHours({ ...choice, ...before }), dayQuarters({ ...choice, ...before })),
    known: EVERYTHING,
    body: most.calls ? [
      figure("Calls by weekday and hour", "All weeks of the period together.", 290, (box) => draw(box, "week", values, { scale: heat })),
      figure("Calls under way at once, by time of day", "Bars: the most. Marks: the usual peak, of days with calls. The whole company's, whatever is filtered.", 220, (box) => draw(box, "quarters", quarterValues)),
      table({
        caption: "Calls by weekday and hour", name: "when", rows: cells.filter((one) => one.calls), sort: { key: "calls", descends: true },
        columns: [
          { key: "hour", label: "Weekday and hour", kind: "text", of: (row) => `${WEEKDAYS[row.weekday]} ${timeOfDay.format(row.hour * 3_600_000)}` },
          { key: "calls", label: "Calls", kind: "count", metric: "hour.calls", of: (row) => row.calls },
          { key: "lost", label: "Not taken", kind: "count", metric: "hour.lost", of: (row) => row.lost },
          { key: "share", label: "Share not taken", kind: "share", metric: "hour.lost_share", of: (row) => share(row.lost, row.calls) },
        ],
      }),
    ] : [],
  });
}

function callersPage(section, choice, before) {
  const found = callerRows(choice);
  const { rows } = found;
  rows.sort((one, other) => other.within7 - one.within7 || other.calls - one.calls || other.last - one.last);
  const figures = callerFigures(found);
  const bins = [1, 2, 3, 4, 5].map((calls) => ({
    name: calls === 5 ? "5 calls and more" : many(calls, "call", "calls"), outcome: "callers", order: 0,
    calls: rows.filter((one) => (calls === 5 ? one.calls >= 5 : one.calls === calls)).length,
  }));
  fill(section, "Who calls again and again?", choice, before, {
    lead: !rows.length ? lead("Nobody called from outside with a number in this period.")
      : lead(number(many(figures.repeat_callers, "caller", "callers")), ` of ${wholeNumber.format(figures.callers)} called again within a week`,
        rows[0].within7 ? `, ${callerName(rows[0].caller)} most often: ${many(rows[0].calls, "call", "calls")}, ${wholeNumber.format(rows[0].answered)} of them answered.` : "."),
    figures,
    figuresBefore: before && callerFigures(callerRows({ ...choice, ...before })),
    known: ["queue", "person", "site", "department"],
    body: [
      rows.length ? figure("How often the same number called", bins.map((one) => `${one.name}: ${many(one.calls, "caller", "callers")}`).join(", ") + ".", 190,
        (box) => draw(box, "bars", bins.map((one) => ({ ...one, told: { [one.name]: many(one.calls, "caller", "callers") } })), { hidesLegend: true, scale: { domain: ["callers"], range: ["var(--answered)"] } })) : null,
      table({
        caption: "Callers from outside, those who called again most first", name: "callers", rows, sort: { key: "", descends: false },
        columns: [
          { key: "caller", label: "Caller", kind: "text", of: (row) => callerName(row.caller) },
          ...(about.anonymous ? [] : [{ key: "name", label: "Name", kind: "text", of: (row) => row.name }]),
          { key: "calls", label: "Calls", kind: "count", metric: "caller.calls", of: (row) => row.calls },
          { key: "answered", label: "Answered", kind: "count", metric: "caller.answered", of: (row) => row.answered },
          { key: "within1", label: "Again within 1 day", kind: "count", metric: "caller.repeats_within_1d", of: (row) => row.within1 },
          { key: "within3", label: "3 days", kind: "count", metric: "caller.repeats_within_3d", of: (row) => row.within3 },
          { key: "within7", label: "7 days", kind: "count", metric: "caller.repeats_within_7d", of: (row) => row.within7 },
          { key: "last", label: "Last call", kind: "moment", of: (row) => row.last },
        ],
      }),
    ].filter(Boolean),
  });
}

const STATUS_LABELS = { archived: "Archived", waiting: "Waiting", not_archived: "Not archived", gone: "Gone" };

// Recordings and months do not depend on the filters: what is lost is lost for all.
function archivePage(section, choice) {
  const counts = about.recordings?.counts ?? [];
  const sum = (wanted) => counts.filter(wanted).reduce((total_, one) => total_ + one[2], 0);
  const made = Date.parse(about.made);
  const soon = ([status_, day]) => ["waiting", "not_archived"].includes(status_) && day !== null && Date.parse(`${day}T00:00:00Z`) < made + 7 * DAY * 1000;
  const past = about.health.filter((one) => Date.parse(`${one.month}T00:00:00Z`) + 31 * DAY * 1000 < made);
  const status_ = (name) => (about.recordings ? sum((one) => one[0] === name) : null);
  const figures = {
    recordings_archived: status_("archived"),
    recordings_waiting: status_("waiting"),
    recordings_not_archived: status_("not_archived"),
    recordings_gone: status_("gone"),
    recordings_expiring: about.recordings ? sum(soon) : null,
    months_whole: about.health.length ? about.health.filter((one) => one.whole).length : null,
    months_not_whole: about.health.length ? past.filter((one) => !one.whole).length : null,
  };
  const names = Object.keys(STATUS_LABELS);
  const values = names.map((name, order) => ({ name: STATUS_LABELS[name], outcome: STATUS_LABELS[name], calls: status_(name) ?? 0, order, told: { [STATUS_LABELS[name]]: wholeNumber.format(status_(name) ?? 0) } }));
  const expiring = about.recordings?.expiring ?? [];
  fill(section, "What is kept, and what is lost next?", choice, null, {
    lead: lead(number(figures.recordings_expiring === null ? "No recordings are known" : many(figures.recordings_expiring, "recording", "recordings")),
      figures.recordings_expiring === null ? ". " : " will be forgotten by RingCentral within a week, without being archived. ",
      figures.months_whole === null ? "Whether the call log is whole is not known."
        : figures.months_not_whole ? `${many(figures.months_not_whole, "month", "months")} of the call log ${figures.months_not_whole === 1 ? "has" : "have"} a hole.` : "No month of the call log that is over has a hole."),
    figures, figuresBefore: null, known: EVERYTHING,
    body: [
      about.recordings && counts.length ? figure("Recordings", "By what became of them.", 190,
        (box) => draw(box, "bars", values, { hidesLegend: true, scale: { domain: names.map((name) => STATUS_LABELS[name]), range: ["var(--answered)", "var(--voicemail)", "var(--missed)", "var(--other)"] } })) : null,
      table({
        caption: "The call log, month by month (UTC)", name: "months", rows: about.health, sort: { key: "month", descends: true },
        empty: "What was read is not known: the archive has no call_log_coverage.",
        columns: [
          { key: "month", label: "Month", kind: "text", of: (row) => monthName.format(Date.parse(`${row.month}T00:00:00Z`)) },
          { key: "state", label: "State", kind: "text", mark: (row) => (row.whole ? "state back" : "state open"), of: monthState },
          { key: "read", label: "Records read", kind: "count", metric: "month.calls_read", of: (row) => row.read },
          { key: "there", label: "Records there", kind: "count", metric: "month.calls_there", of: (row) => row.there },
          { key: "from", label: "Covered from", kind: "text", of: (row) => utc(row.from) },
          { key: "to", label: "Covered to", kind: "text", of: (row) => utc(row.to) },
          { key: "holeFrom", label: "Hole from", kind: "text", of: (row) => utc(row.holeFrom) },
          { key: "holeTo", label: "Hole to", kind: "text", of: (row) => utc(row.holeTo) },
        ],
      }),
      about.recordings ? table({
        caption: "Recordings that are not archived, by when RingCentral forgets them", name: "recordings", rows: expiring, sort: { key: "expires", descends: false },
        empty: "No recording waits to be archived.",
        columns: [
          { key: "id", label: "Recording", kind: "text", of: (row) => row.id },
          { key: "expires", label: "Forgotten", kind: "moment", metric: "recording.expires", of: (row) => row.expires },
          { key: "started", label: "Call", kind: "moment", of: (row) => row.started },
          { key: "queue", label: "Queue", kind: "text", of: (row) => queueName(row.queue) },
          { key: "person", label: "Person", kind: "text", of: (row) => personName(row.person) },
          { key: "status", label: "State", kind: "text", of: (row) => STATUS_LABELS[row.status] },
        ],
      }) : null,
    ].filter(Boolean),
  });
}

function monthState(row) {
  if (row.whole) return "whole";
  return row.from === null ? "not read" : "not whole";
}

const utcMoment = clock({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const utc = (iso) => (iso === null ? null : utcMoment.format(Date.parse(`${iso}Z`)));

const PAGES = {
  overview: { render: overviewPage },
  missed: { render: missedPage },
  queues: { render: queuesPage },
  people: { render: peoplePage },
  when: { render: whenPage },
  callers: { render: callersPage },
  archive: { render: archivePage },
};
