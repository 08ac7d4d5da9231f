function callersPage(section, choice, compared) {
  const { choice: listed, notice: cut } = cutToRows(choice);
  const found = callerRows(listed);
  const { rows } = found;
  rows.sort((one, other) => other.within7 - one.within7 || other.calls - one.calls || other.last - one.last);
  const figures = callerFigures(found);
  const bins = [1, 2, 3, 4, 5].map((calls) => ({
    name: calls === 5 ? "5 calls and more" : many(calls, "call", "calls"), outcome: "callers", order: 0,
    calls: rows.filter((one) => (calls === 5 ? one.calls >= 5 : one.calls === calls)).length,
  }));
  fill(section, PAGES.callers.title, choice, compared, {
    lead: !rows.length ? lead("Nobody called from outside with a known number in this period.")
      : lead(number(many(figures.repeat_callers, "caller", "callers")), ` of ${wholeNumber.format(figures.callers)} called again within a week`,
        rows[0].within7 ? `, ${callerName(rows[0].caller)} most often: ${many(rows[0].calls, "call", "calls")}, ${wholeNumber.format(rows[0].answered)} answered.` : "."),
    figures,
    figuresBefore: compared.before && callerFigures(callerRows({ ...choice, ...compared.before })),
    notices: cut ? [`This page ${cut}`] : [],
    known: ["queue", "person", "site", "department"],
    body: [
      rows.length ? figure("How often the same number called", bins.map((one) => `${one.name}: ${many(one.calls, "caller", "callers")}`).join(", ") + ".", 156,
        (box) => draw(box, "bars", bins.map((one) => ({ ...one, told: { [one.name]: many(one.calls, "caller", "callers") } })), { scale: { domain: ["callers"], range: ["var(--answered)"] } })) : null,
      table({
        caption: "Callers from outside: those who called again most often first", name: "callers", rows, sort: { key: "", descends: false },
        columns: [
          { key: "caller", label: "Caller", kind: "text", of: (row) => callerName(row.caller) },
          ...(about.anonymous ? [] : [{ key: "name", label: "Name", kind: "text", of: (row) => row.name }]),
          { key: "calls", label: "Calls", kind: "count", metric: "caller.calls", of: (row) => row.calls },
          { key: "answered", label: "Answered", kind: "count", metric: "caller.answered", of: (row) => row.answered },
          { key: "within1", label: "Repeat calls within 1 day", kind: "count", metric: "caller.repeats_within_1d", of: (row) => row.within1 },
          { key: "within3", label: "within 3 days", kind: "count", metric: "caller.repeats_within_3d", of: (row) => row.within3 },
          { key: "within7", label: "within 7 days", kind: "count", metric: "caller.repeats_within_7d", of: (row) => row.within7 },
          { key: "last", label: "Last call", kind: "moment", of: (row) => row.last },
        ],
      }),
    ].filter(Boolean),
  });
}
