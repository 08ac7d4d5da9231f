// Figures of a choice, worked out from the tables.

const OUTCOME = Object.fromEntries(about.outcomes.map((name, place) => [name, place]));
const TO_CALL_BACK = [OUTCOME.missed, OUTCOME.voicemail, OUTCOME.abandoned];
const NOT_ANSWERED = [...TO_CALL_BACK, OUTCOME.callback_requested];
const share = (part, whole) => (whole ? part / whole : null);

// Whether the calls of a period stand one by one in the file. Of earlier ones there are sums only.
const inRows = ({ begin }) => begin >= about.rowsFrom;

// The sums that know a choice: of all, of a queue, of a site or of a department; null where none do.
function sumsOf(choice) {
  const filtered = ["queue", "person", "site", "department"].filter((name) => choice[name] !== null && choice[name] !== "");
  if (filtered.length > 1) return null;
  return tables[filtered.length ? `${filtered[0]}_sums` : "sums"] ?? null;
}

// The span that figures of calls can be told for, s; null where a choice is not known at all.
function grainOfCalls(choice) {
  if (inRows(choice)) return 1;
  const sums = sumsOf(choice);
  if (sums === null) return null;
  return sums === tables.sums ? HOUR : DAY;
}

// Calls visit(table, place) for each sum of the choice.
function eachSum(choice, visit) {
  const table = sumsOf(choice);
  const way = choice.direction ? DIRECTIONS.indexOf(choice.direction) : -1;
  const kind = choice.type ? TYPES.indexOf(choice.type) : -1;
  const key = table.queue ?? table.name;
  let wanted = null;
  if (table.queue) wanted = choice.queue;
  if (table.name) wanted = choice.site ? about.groups.site.indexOf(choice.site) : about.groups.department.indexOf(choice.department);
  eachRow(table, "at", HOUR, choice.begin, choice.end, (place) => {
    if (way >= 0 && table.direction.values[place] !== way) return;
    if (kind >= 0 && table.type.values[place] !== kind) return;
    if (key && key.values[place] !== wanted) return;
    visit(table, place);
  });
}

// Calls visit(time, outcome, count) for all calls of the choice.
function eachCount(choice, visit) {
  if (inRows(choice)) {
    eachCall(choice, (place) => visit(tables.calls.at.values[place], tables.calls.outcome.values[place], 1));
    return;
  }
  eachSum(choice, (table, place) => {
    about.outcomes.forEach((name, outcome) => {
      const count = table[name].values[place];
      if (count) visit(table.at.values[place] * HOUR, outcome, count);
    });
  });
}

const TALLIED = ["called_back", "hidden", "open", "through", "within_hour", "within_day", "later", "judged_hour", "judged_day"];

// What both the overview and the missed calls count. `waits` is null where single calls are not known.
function tally(choice) {
  const sums = { counts: about.outcomes.map(() => 0), talk: null, waits: null };
  for (const name of TALLIED) sums[name] = 0;
  const talked = (talk) => {
    if (talk !== null) sums.talk = (sums.talk ?? 0) + talk;
  };
  if (!inRows(choice)) {
    eachSum(choice, (table, place) => {
      about.outcomes.forEach((name, outcome) => (sums.counts[outcome] += table[name].values[place]));
      for (const name of TALLIED) sums[name] += table[name].values[place];
      talked(at(table.talk, place));
    });
    return sums;
  }
  sums.waits = [];
  const { at: time, outcome, wait, callback, talk, direction, countable } = tables.calls;
  eachCall(choice, (place) => {
    const result = outcome.values[place];
    sums.counts[result]++;
    talked(at(talk, place));
    const waited = at(wait, place);
    if (waited !== null) sums.waits.push(waited);
    const minutes = at(callback, place);
    if (minutes !== null && TO_CALL_BACK.includes(result)) sums.called_back++;
    if (direction.values[place] !== 0 || !NOT_ANSWERED.includes(result)) return;
    // Of a caller who called a moment ago, nobody knows whether the callback comes within the hour.
    const age = about.seenTo - time.values[place];
    if (countable.values[place]) {
      if (age >= HOUR || (minutes !== null && minutes <= 60_000)) sums.judged_hour++;
      if (age >= DAY || (minutes !== null && minutes <= 1_440_000)) sums.judged_day++;
    }
    if (minutes === null) sums[notCalledBack(place)]++;
    else if (minutes > 1_440_000) sums.later++;
    else {
      sums.within_day++;
      if (minutes <= 60_000) sums.within_hour++;
    }
  });
  return sums;
}

// What is known of a missed call that was not called back.
function notCalledBack(place) {
  const { countable, through } = tables.calls;
  if (!countable.values[place]) return "hidden";
  return at(through, place) === null ? "open" : "through";
}

function overview(choice) {
  const { counts, called_back, talk, waits } = tally(choice);
  const calls = counts.reduce((sum, one) => sum + one, 0);
  return {
    calls,
    answered: counts[OUTCOME.answered],
    missed: counts[OUTCOME.missed],
    voicemail: counts[OUTCOME.voicemail],
    abandoned: counts[OUTCOME.abandoned],
    callback_requested: counts[OUTCOME.callback_requested],
    called_back,
    answered_share: share(counts[OUTCOME.answered], calls - counts[OUTCOME.unknown] - counts[OUTCOME.fax]),
    talk_seconds: talk === null ? null : talk / 1000,
    median_wait_seconds: waits ? median(waits, 1000) : isAsMade(choice) ? about.tiles.median_wait_seconds : null,
  };
}

function median(values, unit) {
  if (!values.length) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const value = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return value / unit;
}

// Days, or weeks where there are many days: [{begin, end, label}].
function slots({ begin, end }) {
  const days = (end - begin) / DAY;
  const length = days > 100 ? 7 : 1;
  const withYear = days > 360;
  const found = [];
  for (let from = begin; from < end; from += length * DAY) {
    const to = Math.min(from + length * DAY, end);
    const label = withYear
      ? clock({ day: "numeric", month: "short", year: "2-digit" }).format(dateOf(from))
      : shortDay.format(dateOf(from));
    found.push({ begin: from, end: to, label, days: length });
  }
  return found;
}

// Rows of {slot, counts by outcome}, one for each slot.
function outcomesByDay(choice) {
  const rows = slots(choice).map((slot) => ({ ...slot, counts: about.outcomes.map(() => 0) }));
  const length = rows.length ? rows[0].days * DAY : DAY;
  eachCount(choice, (time, outcome, count) => {
    rows[Math.floor((time - choice.begin) / length)].counts[outcome] += count;
  });
  return rows;
}

// The calls to act on: who called, when, and whether somebody called back.
function missedCalls(choice) {
  const { at: time, outcome, queue, person, caller, callback, through, direction } = tables.calls;
  const rows = [];
  eachCall(choice, (place) => {
    if (direction.values[place] !== 0 || !NOT_ANSWERED.includes(outcome.values[place])) return;
    const who = at(caller, place);
    const minutes = at(callback, place);
    rows.push({
      at: time.values[place],
      caller: who,
      name: who === null ? null : about.callers[who].name,
      queue: at(queue, place),
      person: at(person, place),
      outcome: about.outcomes[outcome.values[place]],
      minutes: minutes === null ? null : minutes / 1000,
      through: at(through, place),
      state: minutes !== null ? "back" : notCalledBack(place),
    });
  });
  return rows;
}

function missedFigures({ open, through, hidden, within_hour, within_day, judged_hour, judged_day }) {
  return {
    to_call_back: open,
    called_back_within_hour: share(within_hour, judged_hour),
    called_back_within_day: share(within_day, judged_day),
    got_through_later: through,
    cannot_be_called_back: hidden,
  };
}

const QUEUE_SUMS = [
  "offered", "answered", "voicemail", "callback_requested", "missed", "abandoned", "abandoned_short",
  "overflow_in", "sla_in_time", "sla_base", "waits", "waited", "unknown",
];
// Those that are known not to be answered in the queue.
const lostOf = (row) => row.offered - row.answered - row.unknown;

// A row of sums for each queue of the choice.
function queueSums(choice) {
  const found = new Map();
  eachRow(tables.queues, "hour", HOUR, choice.begin, choice.end, (place) => {
    const queue = tables.queues.queue.values[place];
    if (choice.queue !== null && queue !== choice.queue) return;
    let row = found.get(queue);
    if (!row) {
      row = { queue, longest: null, ...Object.fromEntries(QUEUE_SUMS.map((name) => [name, 0])) };
      found.set(queue, row);
    }
    for (const name of QUEUE_SUMS) row[name] += at(tables.queues[name], place) ?? 0;
    const longest = at(tables.queues.longest, place);
    if (longest !== null && (row.longest === null || longest > row.longest)) row.longest = longest;
  });
  return [...found.values()];
}

function queueFigures(rows) {
  const sum = (name) => rows.reduce((total, one) => total + one[name], 0);
  const longest = rows.map((one) => one.longest).filter((one) => one !== null);
  return {
    offered: sum("offered"),
    queue_answered: sum("answered"),
    lost: sum("offered") - sum("answered") - sum("unknown"),
    queue_abandoned: sum("abandoned"),
    service_level: share(sum("sla_in_time"), sum("sla_base")),
    average_wait_seconds: sum("waits") ? sum("waited") / sum("waits") / 1000 : null,
    longest_wait_seconds: longest.length ? Math.max(...longest) / 1000 : null,
  };
}

const PERSON_SUMS = ["offered", "answered", "refused", "outbound", "connected"];

// A row of sums for each person of the choice.
function peopleSums(choice) {
  const people = peopleChosen(choice);
  const found = new Map();
  eachRow(tables.people, "day", DAY, choice.begin, choice.end, (place) => {
    const person = tables.people.person.values[place];
    if (people && !people[person]) return;
    let row = found.get(person);
    if (!row) {
      row = { person, talk: null, firsts: [], lasts: [], ...Object.fromEntries(PERSON_SUMS.map((name) => [name, 0])), refused: null };
      found.set(person, row);
    }
    for (const name of PERSON_SUMS) {
      const value = at(tables.people[name], place);
      // Of a day with offers of which none is known to be refused or not, nothing is known.
      if (name === "refused" && (value === null || !tables.people.offered.values[place])) continue;
      row[name] = (row[name] ?? 0) + (value ?? 0);
    }
    const talk = at(tables.people.talk, place);
    if (talk !== null) row.talk = (row.talk ?? 0) + talk / 1000;
    const first = at(tables.people.first, place);
    const last = at(tables.people.last, place);
    if (first !== null) row.firsts.push(first);
    if (last !== null) row.lasts.push(last);
  });
  for (const row of found.values()) if (!row.offered) row.refused = 0;
  return [...found.values()];
}

function peopleFigures(rows) {
  const sum = (name) => rows.reduce((total, one) => total + (one[name] ?? 0), 0);
  const talks = rows.map((one) => one.talk).filter((one) => one !== null);
  return {
    person_answered: sum("answered"),
    person_offered: sum("offered"),
    person_refused: rows.length && rows.every((one) => one.refused === null) ? null : sum("refused"),
    person_outbound: sum("outbound"),
    person_connected: sum("connected"),
    person_talk_seconds: talks.length ? talks.reduce((total, one) => total + one, 0) : null,
  };
}

// Calls by weekday (0 is Monday) and hour: [{weekday, hour, calls, lost}].
function weekHours(choice) {
  const cells = Array.from({ length: 168 }, (_, place) => ({
    weekday: Math.floor(place / 24),
    hour: place % 24,
    calls: 0,
    lost: 0,
  }));
  const firstWeekday = (dateOf(0).getUTCDay() + 6) % 7;
  eachCount(choice, (time, outcome, count) => {
    const cell = cells[((firstWeekday + Math.floor(time / DAY)) % 7) * 24 + Math.floor((time % DAY) / HOUR)];
    cell.calls += count;
    if (NOT_ANSWERED.includes(outcome)) cell.lost += count;
  });
  return cells;
}

// By quarter of the day: the most calls at once, and the median of the days on which there were any.
function dayQuarters(choice) {
  const rows = Array.from({ length: 96 }, (_, quarter) => ({ quarter, most: 0, peaks: [], seconds: 0 }));
  let busiest = 0;
  eachRow(tables.quarters, "quarter", 900, choice.begin, choice.end, (place) => {
    const row = rows[tables.quarters.quarter.values[place] % 96];
    const peak = tables.quarters.peak.values[place];
    row.most = Math.max(row.most, peak);
    row.peaks.push(peak);
    const seconds = (at(tables.quarters.seconds, place) ?? 0) / 1000;
    row.seconds += seconds;
    busiest = Math.max(busiest, seconds / 900);
  });
  return { rows, busiest };
}

// A row for each number that called from outside in the period.
function callerRows(choice) {
  const { at: time, caller, outcome, countable, before } = tables.calls;
  const found = new Map();
  let hidden = 0;
  eachCall({ ...choice, direction: "Inbound" }, (place) => {
    const who = at(caller, place);
    if (at(tables.calls.internal, place) === 1) return;
    if (who === null || !at(countable, place)) {
      hidden++;
      return;
    }
    let row = found.get(who);
    if (!row) {
      row = { caller: who, name: about.callers[who].name ?? null, calls: 0, answered: 0, within1: 0, within3: 0, within7: 0 };
      found.set(who, row);
    }
    row.calls++;
    row.last = time.values[place];
    if (outcome.values[place] === OUTCOME.answered) row.answered++;
    const since = at(before, place);
    if (since === null) return;
    if (since <= DAY) row.within1++;
    if (since <= 3 * DAY) row.within3++;
    if (since <= 7 * DAY) row.within7++;
  });
  return { rows: [...found.values()], hidden };
}

function callerFigures({ rows, hidden }) {
  const sum = (name) => rows.reduce((total, one) => total + one[name], 0);
  return {
    callers: rows.length,
    repeat_callers: rows.filter((one) => one.within7).length,
    repeats_within_1d: sum("within1"),
    repeats_within_7d: sum("within7"),
    hidden_callers: hidden,
  };
}
