const BARS_SHOWN = 12;
const barsHeight = (rows) => Math.min(rows.length, BARS_SHOWN) * 26 + 26;

const QUEUE_OUTCOMES = ["answered", "voicemail", "callback_requested", "missed", "abandoned"];
const otherwise = (row) => row.offered - row.unknown - QUEUE_OUTCOMES.reduce((sum, name) => sum + row[name], 0);

function queuesPage(section, choice, compared) {
  const rows = queueSums(choice).map((row) => ({ ...row, lost: lostOf(row) }));
  rows.sort((one, other) => other.lost - one.lost);
  const figures = queueFigures(rows);
  const worst = rows[0];
  const values = rows.slice(0, BARS_SHOWN).flatMap((row) => [
    ...QUEUE_OUTCOMES.map((name, order) => ({ name: queueName(row.queue), outcome: OUTCOME_LABELS[name], calls: row[name], order })),
    { name: queueName(row.queue), outcome: "Other", calls: otherwise(row) + row.unknown, order: 9 },
  ]).filter((one) => one.calls > 0).map((one) => ({ ...one, told: { [one.name]: "", [one.outcome]: wholeNumber.format(one.calls) } }));
  fill(section, PAGES.queues.title, choice, compared, {
    lead: !rows.length ? lead("No call came to a queue in this period.")
      : worst.lost ? lead(number(queueName(worst.queue)), ` lost most callers: ${wholeNumber.format(worst.lost)} of ${many(worst.offered, "call", "calls")} were not answered there. Answered in all queues: ${show(share(figures.queue_answered, figures.queue_answered + figures.lost), "share")}.`)
        : lead(figures.queue_answered === figures.offered ? "Every call that came to a queue was answered there." : `No call is known to be lost in a queue. Of ${many(figures.offered - figures.queue_answered, "call", "calls")}, the log does not show whether somebody answered.`),
    figures,
    figuresBefore: compared.before && queueFigures(queueSums({ ...choice, ...compared.before })),
    known: ["queue"],
    body: [
      rows.length ? figure("Calls of each queue by outcome", rows.length > BARS_SHOWN ? `The ${BARS_SHOWN} that lost most callers.` : "Those that lost most callers come first.", barsHeight(rows),
        (box) => draw(box, "bars", values, { scale: scaleOf(values) }), scaleOf(values)) : null,
      table({
        caption: "Queues: those that lost most callers first", name: "queues", rows, sort: { key: "lost", descends: true },
        columns: [
          { key: "queue", label: "Queue", kind: "text", of: (row) => queueName(row.queue) },
          { key: "offered", label: "Offered", kind: "count", metric: "queue.offered", of: (row) => row.offered },
          { key: "answered", label: "Answered", kind: "count", metric: "queue.answered", of: (row) => row.answered },
          { key: "lost", label: "Not answered", kind: "count", metric: "queue.lost", of: (row) => row.lost },
          { key: "service_level", label: "Service level", kind: "share", metric: "queue.service_level", of: (row) => share(row.sla_in_time, row.sla_base) },
          { key: "threshold", label: "Threshold", kind: "seconds", metric: "queue.sla_seconds", of: (row) => about.queues[row.queue].threshold },
          { key: "average", label: "Average wait", kind: "seconds", metric: "queue.average_wait_seconds", of: (row) => (row.waits ? row.waited / row.waits / 1000 : null) },
          { key: "longest", label: "Longest wait", kind: "seconds", metric: "queue.longest_wait_seconds", of: (row) => (row.longest === null ? null : row.longest / 1000) },
          { key: "abandoned", label: "Abandoned", kind: "count", metric: "queue.abandoned", of: (row) => row.abandoned },
          { key: "abandoned_short", label: "Abandoned early", kind: "count", metric: "queue.abandoned_short", of: (row) => row.abandoned_short },
          { key: "voicemail", label: "Voicemail", kind: "count", metric: "queue.voicemail", of: (row) => row.voicemail },
          { key: "missed", label: "Missed", kind: "count", metric: "queue.missed", of: (row) => row.missed },
          { key: "callback_requested", label: "Callback requested", kind: "count", metric: "queue.callback_requested", of: (row) => row.callback_requested },
          { key: "other", label: "Passed on, other", kind: "count", metric: "queue.other", of: otherwise },
          ...(rows.some((row) => row.unknown) ? [{ key: "unknown", label: "Unknown", kind: "count", metric: "queue.unknown", of: (row) => row.unknown }] : []),
          { key: "overflow_in", label: "From another queue", kind: "count", metric: "queue.overflow_in", of: (row) => row.overflow_in },
        ],
      }),
    ].filter(Boolean),
  });
}
