function overviewPage(section, choice, compared) {
  const figures = overview(choice);
  const rows = outcomesByDay(choice);
  const weekly = rows.length && rows[0].days === 7;
  const { open: waiting, hidden, counts } = tally(choice);
  const values = rows.flatMap((row) => [...grouped(row.counts)].map(([outcome, calls], order) => (
    { when: row.label, outcome, calls, order, told: { [weekly ? "Week from" : "Day"]: longDay.format(dateOf(row.begin)), [outcome]: wholeNumber.format(calls) } })))
    .filter((one) => one.calls || one.order === 0);
  const used = about.outcomes.filter((_, place) => rows.some((row) => row.counts[place]));
  const busiest = rows.reduce((most, row) => (total(row) > total(most) ? row : most), rows[0]);
  fill(section, PAGES.overview.title, choice, compared, {
    lead: figures.calls
      ? lead(number(many(figures.calls, "call", "calls")), figures.answered_share === null ? (counts[OUTCOME.unknown] ? ", and the outcome of none of them is known. " : ". ") : `, ${show(figures.answered_share, "share")} answered. `,
        waiting ? number(`${many(waiting, "unanswered call waits", "unanswered calls wait")} for a callback.`) : hidden || counts[OUTCOME.unknown] ? "As far as is known, nobody is waiting for a callback." : "Nobody is waiting for a callback.")
      : lead("There are no calls in this period."),
    figures,
    figuresBefore: compared.before && overview({ ...choice, ...compared.before }),
    notices: figures.median_wait_seconds === null && !inRows(choice) && figures.calls ? [`The median wait is known for days from ${longDay.format(dateOf(about.rowsFrom))} on. The page Queues has the average wait of all days.`] : [],
    body: [
      figures.calls ? figure(weekly ? "Calls by week" : "Calls by day", `Busiest ${weekly ? "week" : "day"}: ${longDay.format(dateOf(busiest.begin))} with ${many(total(busiest), "call", "calls")}.`, OUTCOMES_HEIGHT,
        (box) => draw(box, "outcomes", values, { scale: scaleOf(values) }), scaleOf(values)) : null,
      table({
        caption: weekly ? "Calls by week and outcome" : "Calls by day and outcome",
        name: "calls-by-day", rows: rows.filter((row) => total(row)), sort: { key: "day", descends: true },
        columns: [
          { key: "day", label: weekly ? "Week from" : "Day", kind: "day", of: (row) => row.begin, act: (row) => choosePeriod(row.begin, row.end) },
          { key: "calls", label: "Calls", kind: "count", metric: "day.calls", of: total },
          ...used.map((name) => ({ key: name, label: OUTCOME_LABELS[name], kind: "count", metric: `day.${name}`, of: (row) => row.counts[OUTCOME[name]] })),
        ],
      }),
    ].filter(Boolean),
  });
}

const total = (row) => row.counts.reduce((sum, one) => sum + one, 0);
const OUTCOMES_HEIGHT = 252;
