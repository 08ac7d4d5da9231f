const STATES = { open: "no", through: "got through", hidden: "number hidden", back: "yes" };
const STATE_ORDER = { open: 0, through: 1, hidden: 2, back: 3 };

function missedPage(section, choice, compared) {
  const { choice: listed, notice: cut } = cutToRows(choice);
  const rows = missedCalls(listed);
  rows.sort((one, other) => STATE_ORDER[one.state] - STATE_ORDER[other.state] || other.at - one.at);
  for (const row of rows) row.mark = row.state;
  const sums = tally(choice);
  const figures = missedFigures(sums);
  const missed = sums.open + sums.through + sums.hidden + sums.within_day + sums.later;
  const first = rows.find((one) => one.state === "open");
  const tries = new Map();
  for (const row of rows) if (row.state === "open") tries.set(row.caller, (tries.get(row.caller) ?? 0) + 1);
  const bins = callbackBins(sums);
  fill(section, PAGES.missed.title, choice, compared, {
    lead: !missed ? lead(nothingMissed(choice))
      : first ? lead(number(many(sums.open, "unanswered call", "unanswered calls")), ` of ${wholeNumber.format(missed)} ${sums.open === 1 ? "waits" : "wait"} for a callback. First to call: `,
        number(callerName(first.caller), first.name ? ` (${first.name})` : ""), `, who last called ${moment.format(dateOf(first.at))}.`)
        : lead(sums.open ? `${many(sums.open, "unanswered call waits", "unanswered calls wait")} for a callback.` : "Everybody whose number is known was called back, or got through later."),
    figures,
    figuresBefore: compared.before && missedFigures(tally({ ...choice, ...compared.before })),
    notices: cut ? [`The list below ${cut} The figures are for the whole period.`] : [],
    body: [
      table({
        caption: "Inbound calls that nobody answered: those to call back first, the latest first", name: "missed-calls", rows, sort: { key: "", descends: false },
        empty: "No call to list.",
        columns: [
          { key: "caller", label: "Caller", kind: "text", of: (row) => callerName(row.caller) },
          ...(about.anonymous ? [] : [{ key: "name", label: "Name", kind: "text", of: (row) => row.name }]),
          { key: "state", label: "Called back?", kind: "text", metric: "missed.state", mark: (row) => `state ${row.state}`, of: (row) => STATES[row.state] },
          { key: "at", label: "Called", kind: "moment", metric: "missed.at", of: (row) => row.at },
          { key: "queue", label: "Queue", kind: "text", of: (row) => queueName(row.queue) },
          { key: "person", label: "Rang first at", kind: "text", of: (row) => personName(row.person) },
          { key: "outcome", label: "Outcome", kind: "text", of: (row) => OUTCOME_LABELS[row.outcome] },
          { key: "tries", label: "Unanswered calls", kind: "count", explains: "missed.tries", of: (row) => (row.state === "open" ? tries.get(row.caller) : null) },
          { key: "minutes", label: "Called back after", kind: "minutes", metric: "missed.callback_minutes", of: (row) => row.minutes },
          { key: "through", label: "Got through after", kind: "seconds", metric: "missed.through_seconds", of: (row) => row.through },
        ],
      }),
      missed ? figure("How soon callers were called back", bins.map((one) => `${one.name}: ${wholeNumber.format(one.calls)}`).join(", ") + ".", 182,
        (box) => draw(box, "bars", bins.map((one) => ({ ...one, told: { [one.name]: wholeNumber.format(one.calls) } })), {
          scale: { domain: ["yes", "through", "no", "hidden"], range: ["var(--answered)", "var(--callback_requested)", "var(--missed)", "var(--other)"] } })) : null,
    ].filter(Boolean),
  });
}

function nothingMissed(choice) {
  if (choice.direction === "Outbound") return "Only inbound calls can be missed, and the filter leaves them out.";
  const { counts } = tally({ ...choice, direction: "Inbound" });
  counts[OUTCOME.fax] = 0;
  if (!counts.some(Boolean)) return "There are no inbound calls in this period.";
  const others = about.outcomes.filter((name, outcome) => name !== "answered" && counts[outcome]);
  if (!others.length) return "Every inbound call of this period was answered.";
  return `No inbound call of this period is known to be missed. Not answered either: ${others.map((name) => `${OUTCOME_LABELS[name].toLowerCase()} ${wholeNumber.format(counts[OUTCOME[name]])}`).join(", ")}.`;
}

function callbackBins({ open, through, hidden, within_hour, within_day, later }) {
  return [
    { name: "Within an hour", calls: within_hour, outcome: "yes", order: 0 },
    { name: "Within a day", calls: within_day - within_hour, outcome: "yes", order: 0 },
    { name: "Later", calls: later, outcome: "yes", order: 0 },
    { name: "Got through later", calls: through, outcome: "through", order: 0 },
    { name: "Not so far", calls: open, outcome: "no", order: 0 },
    { name: "Number hidden", calls: hidden, outcome: "hidden", order: 0 },
  ];
}
