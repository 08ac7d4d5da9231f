// Classes of about equal width for the heat map, beginning with none.
function levels(most) {
  const step = Math.max(1, Math.ceil(most / 5));
  const bounds = [0, 1, 2, 3, 4].map((one) => one * step + 1).filter((one) => one <= most);
  const labels = ["none", ...bounds.map((one) => (step === 1 ? `${one}` : `${one}–${one + step - 1}`))];
  return { labels, of: (calls) => labels[calls ? Math.ceil(calls / step) : 0] };
}

function whenPage(section, choice, compared) {
  const cells = weekHours(choice);
  const most = mostOf(cells, "calls");
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const found = cells.filter((one) => one.hour === hour);
    return { hour, calls: totalOf(found, "calls"), lost: totalOf(found, "lost") };
  });
  const worst = mostOf(hours, "lost");
  const { rows: quarters, busiest } = dayQuarters(choice);
  const peak = mostOf(quarters, "most");
  const withCalls = hours.filter((one) => one.calls);
  const from = Math.min(8, ...withCalls.map((one) => one.hour));
  const to = Math.max(17, ...withCalls.map((one) => one.hour));
  const level = levels(most.calls);
  const values = cells.filter((one) => one.hour >= from && one.hour <= to).map((one) => ({
    weekday: WEEKDAYS[one.weekday], hour: hourName(one.hour), level: level.of(one.calls),
    told: { [`${WEEKDAYS[one.weekday]}, ${hourSpan(one.hour)}`]: many(one.calls, "call", "calls"), "not answered": wholeNumber.format(one.lost) } }));
  const heat = { domain: level.labels, range: level.labels.map((_, place) => `var(--heat${place})`) };
  const figuresOf = (found, some) => ({
    busiest_hour_calls: mostOf(found, "calls").calls,
    peak_calls: some.rows.some((one) => one.peaks.length) ? mostOf(some.rows, "most").most : null,
    busiest_erlangs: some.rows.some((one) => one.peaks.length) ? some.busiest : null,
  });
  const span = quarters.filter((one) => one.quarter >= from * 4 && one.quarter < to * 4 + 4);
  const quarterValues = span.map((one) => ({
    when: timeOfDay.format(one.quarter * 900_000), most: one.most, usual: one.peaks.length ? median(one.peaks, 1) : 0,
    told: { [timeOfDay.format(one.quarter * 900_000)]: `${wholeNumber.format(one.most)} at most`, median: one.peaks.length ? wholeNumber.format(median(one.peaks, 1)) : "0" } }));
  const columns = [
    { key: "calls", label: "Calls", kind: "count", metric: "hour.calls", of: (row) => row.calls },
    { key: "lost", label: "Not answered", kind: "count", metric: "hour.lost", of: (row) => row.lost },
    { key: "share", label: "Share not answered", kind: "share", metric: "hour.lost_share", of: (row) => share(row.lost, row.calls) },
  ];
  fill(section, PAGES.when.title, choice, compared, {
    lead: most.calls ? lead("The busiest hour of the week is ", number(`${WEEKDAYS[most.weekday]}, ${hourSpan(most.hour)}`), ". ",
      ...(worst.lost ? ["Most calls are lost from ", number(hourSpan(worst.hour)), `: ${wholeNumber.format(worst.lost)} of ${many(worst.calls, "call was", "calls were")} not answered. `] : []),
      ...(peak.most ? ["At most ", number(many(peak.most, "call", "calls")), ` ${peak.most === 1 ? "was" : "were"} under way at once.`] : ["How many calls were under way at once is not known."]))
      : lead("There are no calls in this period."),
    figures: figuresOf(cells, { rows: quarters, busiest }),
    figuresBefore: compared.before && figuresOf(weekHours({ ...choice, ...compared.before }), dayQuarters({ ...choice, ...compared.before })),
    body: most.calls ? [
      figure("Calls by weekday and hour", "All weeks of the period added up.", 232, (box) => draw(box, "week", values, { scale: heat }), heat),
      peak.most ? figure("Calls under way at once, by time of day", "Bars: the most on any day. Lines: the median of the days with calls. These figures are for the whole company: only the period changes them.", 212, (box) => draw(box, "quarters", quarterValues)) : null,
      table({
        caption: "Calls by hour of the day", name: "hours", rows: withCalls, sort: { key: "hour", descends: false },
        columns: [{ key: "hour", label: "Hour", kind: "text", of: (row) => hourSpan(row.hour), sortBy: (row) => row.hour }, ...columns],
      }),
      table({
        caption: "Calls by weekday and hour", name: "when", rows: cells.filter((one) => one.calls), sort: { key: "calls", descends: true },
        columns: [{ key: "hour", label: "Weekday and hour", kind: "text", of: (row) => `${WEEKDAYS[row.weekday]}, ${hourSpan(row.hour)}`, sortBy: (row) => row.weekday * 24 + row.hour }, ...columns],
      }),
      table({
        caption: "Calls under way at once, by time of day", name: "under-way", rows: quarters.filter((one) => one.most), sort: { key: "most", descends: true },
        columns: [
          { key: "time", label: "Quarter of an hour from", kind: "text", of: (row) => timeOfDay.format(row.quarter * 900_000), sortBy: (row) => row.quarter },
          { key: "most", label: "Most at once", kind: "count", metric: "quarter.most", of: (row) => row.most },
          { key: "median", label: "Median of days", kind: "decimal", metric: "quarter.median", of: (row) => median(row.peaks, 1) },
        ],
      }),
    ].filter(Boolean) : [],
  });
}

const hourName = (hour) => hourOfDay.format(hour * HOUR * 1000);
const hourSpan = (hour) => `${hourName(hour)} to ${hourName((hour + 1) % 24)}`;
const mostOf = (rows, key) => rows.reduce((found, one) => (one[key] > found[key] ? one : found), rows[0]);
const totalOf = (rows, key) => rows.reduce((sum, one) => sum + one[key], 0);
