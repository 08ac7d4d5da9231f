function peoplePage(section, choice, compared) {
  const rows = peopleSums(choice).map((row) => ({ ...row, first: median(row.firsts, 1), last: median(row.lasts, 1) }));
  rows.sort((one, other) => other.answered - one.answered);
  const figures = peopleFigures(rows);
  const values = rows.slice(0, BARS_SHOWN).flatMap((row) => [
    { name: personName(row.person), outcome: "Answered", calls: row.answered, order: 0 },
    { name: personName(row.person), outcome: "Outbound", calls: row.outbound, order: 1 },
  ]).map((one) => ({ ...one, told: { [one.name]: "", [one.outcome]: wholeNumber.format(one.calls) } }));
  const scale = { domain: ["Answered", "Outbound"], range: ["var(--answered)", "var(--callback_requested)"] };
  const oneDay = choice.end - choice.begin <= DAY;
  fill(section, PAGES.people.title, choice, compared, {
    lead: rows.length ? lead(number(personName(rows[0].person)), ` answered most: ${many(rows[0].answered, "call", "calls")}. ${many(rows.length, "person", "people")} had calls, and talked for ${show(figures.person_talk_seconds, "seconds")} in all.`)
      : lead("Nobody had a call in this period."),
    figures,
    figuresBefore: compared.before && peopleFigures(peopleSums({ ...choice, ...compared.before })),
    known: ["person", "site", "department"],
    notices: inRows(choice) ? [] : [`First and last calls are known for days from ${longDay.format(dateOf(about.rowsFrom))} on.`],
    body: [
      rows.length ? figure("Calls answered, and outbound calls", rows.length > BARS_SHOWN ? `The ${BARS_SHOWN} who answered most.` : "Those who answered most come first.", barsHeight(rows),
        (box) => draw(box, "bars", values, { scale }), scale) : null,
      table({
        caption: "People", name: "people", rows, sort: { key: "answered", descends: true },
        columns: [
          { key: "person", label: "Person", kind: "text", of: (row) => personName(row.person) },
          { key: "answered", label: "Answered", kind: "count", metric: "person.answered", of: (row) => row.answered },
          { key: "offered", label: "Queue calls offered", kind: "count", metric: "person.offered", of: (row) => row.offered },
          { key: "refused", label: "of these not answered", kind: "count", metric: "person.refused", of: (row) => row.refused },
          { key: "outbound", label: "Outbound", kind: "count", metric: "person.outbound", of: (row) => row.outbound },
          { key: "connected", label: "Connected", kind: "count", metric: "person.connected", of: (row) => row.connected },
          { key: "talk", label: "Talk time", kind: "seconds", metric: "person.talk_seconds", of: (row) => row.talk },
          ...(inRows(choice) ? [
            { key: "first", label: oneDay ? "First call" : "First call (median)", kind: "minute", explains: "person.first_call", of: (row) => row.first },
            { key: "last", label: oneDay ? "Last call" : "Last call (median)", kind: "minute", explains: "person.last_call", of: (row) => row.last },
          ] : []),
          { key: "department", label: "Department", kind: "text", of: (row) => about.people[row.person].department },
          { key: "site", label: "Site", kind: "text", of: (row) => about.people[row.person].site },
        ],
      }),
    ].filter(Boolean),
  });
}
