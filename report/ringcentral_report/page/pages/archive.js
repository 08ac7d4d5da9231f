const STATUS_LABELS = { archived: "Archived", waiting: "Waiting", not_archived: "Not archived", gone: "Gone" };

// Recordings and months do not depend on the filters: what is lost is lost for all.
function archivePage(section, choice) {
  const counts = about.recordings?.counts ?? [];
  const sum = (wanted) => counts.filter(wanted).reduce((total_, one) => total_ + one[2], 0);
  const made = Date.parse(about.made);
  const soon = ([status_, day]) => ["waiting", "not_archived"].includes(status_) && day !== null && Date.parse(`${day}T00:00:00Z`) < made + 7 * DAY * 1000;
  const holed = about.health.filter((one) => monthState(one).isHole);
  // Whether there are no recordings, or nobody has read of them, is not known without any.
  const status_ = (name) => (counts.length ? sum((one) => one[0] === name) : null);
  const isKept = ([status_]) => ["waiting", "not_archived"].includes(status_);
  const dated = sum((one) => isKept(one) && one[1] !== null);
  const undated = sum((one) => isKept(one) && one[1] === null);
  const figures = {
    recordings_archived: status_("archived"),
    recordings_waiting: status_("waiting"),
    recordings_not_archived: status_("not_archived"),
    recordings_gone: status_("gone"),
    recordings_expiring: counts.length && (dated || !undated) ? sum(soon) : null,
    months_whole: about.health.length ? about.health.filter((one) => one.whole).length : null,
    months_not_whole: about.health.length ? holed.length : null,
  };
  const names = Object.keys(STATUS_LABELS);
  const values = names.map((name, order) => ({ name: STATUS_LABELS[name], outcome: STATUS_LABELS[name], calls: status_(name) ?? 0, order, told: { [STATUS_LABELS[name]]: wholeNumber.format(status_(name) ?? 0) } }));
  const expiring = about.recordings?.expiring ?? [];
  fill(section, PAGES.archive.title, choice, {}, {
    lead: lead(...recordingsLead(counts.length > 0, figures.recordings_expiring, undated), " ", ...healthLead(holed)),
    figures, figuresBefore: null, notices: ["This page is about the whole archive: the filters do not change it."],
    body: [
      about.recordings && counts.length ? figure("Recordings by state", names.map((name) => `${STATUS_LABELS[name]}: ${wholeNumber.format(status_(name) ?? 0)}`).join(", ") + ".", 130,
        (box) => draw(box, "bars", values, { scale: { domain: names.map((name) => STATUS_LABELS[name]), range: ["var(--answered)", "var(--voicemail)", "var(--missed)", "var(--other)"] } })) : null,
      about.recordings ? table({
        caption: expiring.length < MOST_LISTED ? "Recordings that are not archived: those that RingCentral deletes first come first" : `The ${wholeNumber.format(MOST_LISTED)} recordings not archived that RingCentral deletes first`, name: "recordings", rows: expiring, sort: { key: "expires", descends: false },
        empty: "No recording is waiting to be archived.",
        columns: [
          { key: "id", label: "Recording", kind: "text", of: (row) => row.id },
          { key: "expires", label: "RingCentral deletes it", kind: "moment", metric: "recording.expires", of: (row) => row.expires },
          { key: "started", label: "Recorded", kind: "moment", of: (row) => row.started },
          { key: "queue", label: "Queue", kind: "text", of: (row) => queueName(row.queue) },
          { key: "person", label: "Person", kind: "text", of: (row) => personName(row.person) },
          { key: "status", label: "State", kind: "text", of: (row) => STATUS_LABELS[row.status] },
        ],
      }) : null,
      table({
        caption: "The call log by month (times in UTC)", name: "months", rows: about.health, sort: { key: "month", descends: true },
        empty: "Not known: the archive has no call_log_coverage.",
        columns: [
          { key: "month", label: "Month", kind: "text", of: monthLabel, sortBy: (row) => row.month },
          { key: "state", label: "State", kind: "text", explains: "month.state", mark: (row) => (monthState(row).isHole ? "state open" : row.whole ? "state back" : "state"), of: (row) => monthState(row).label },
          { key: "read", label: "Records read", kind: "count", metric: "month.calls_read", of: (row) => row.read },
          { key: "there", label: "Records in the archive", kind: "count", metric: "month.calls_there", of: (row) => row.there },
          { key: "from", label: "Read from", kind: "text", of: (row) => utc(row.from), sortBy: (row) => row.from },
          { key: "to", label: "Read to", kind: "text", of: (row) => utc(row.to), sortBy: (row) => row.to },
          { key: "holeFrom", label: "Not read from", kind: "text", explains: "month.not_read", of: (row) => utc(row.holeFrom), sortBy: (row) => row.holeFrom },
          { key: "holeTo", label: "Not read to", kind: "text", of: (row) => utc(row.holeTo), sortBy: (row) => row.holeTo },
        ],
      }),
    ].filter(Boolean),
  });
}

const MOST_LISTED = 500;

function recordingsLead(isKnown, expiring, undated) {
  if (!isKnown) return ["No recordings are known."];
  const rest = undated ? ` Of ${many(undated, "recording that is not archived", "recordings that are not archived")}, the day is not known.` : "";
  if (!expiring) return [(undated ? "No recording is known to be lost within the next 7 days." : "No recording will be lost within the next 7 days.") + rest];
  return [number(many(expiring, "recording", "recordings")), ` will be deleted by RingCentral within 7 days and ${expiring === 1 ? "is" : "are"} not archived yet.${rest}`];
}

// Whether the archive of an account begins in a month, and nothing is missing after its beginning.
function isBeginning(row) {
  const first = about.health.find((one) => one.account === row.account);
  return row === first && row.from !== null && row.holeTo !== null && row.holeTo <= row.from;
}

function monthLabel(row) {
  const name = monthName.format(Date.parse(`${row.month}T00:00:00Z`));
  return about.health.some((one) => one.account !== row.account) ? `${name}, account ${row.account}` : name;
}

function healthLead(holed) {
  if (!about.health.length) return ["Whether the call log is complete is not known."];
  if (holed.length) {
    return ["The call log has a hole in ", number(holed.map(monthLabel).join(", ")), "."];
  }
  // Of several accounts, the one that begins last, and the one that was read least far.
  const begun = new Map();
  const reached = new Map();
  for (const { account, from, to } of about.health) {
    if (from !== null && !begun.has(account)) begun.set(account, from);
    if (to !== null) reached.set(account, to);
  }
  const [first] = [...begun.values()].sort().reverse();
  const [last] = [...reached.values()].sort();
  return [last ? `The call log has no hole from ${utcDay(first)} to ${utc(last)} (UTC).` : "The call log has not been read yet."];
}

// What the page says of a month, and whether something is missing that should be there.
function monthState(row) {
  if (row.whole) return { label: "complete", isHole: false };
  const isShort = row.read !== null && row.there < row.read;
  if (isBeginning(row) && !isShort) return { label: "archive begins", isHole: false };
  // All that lies ahead of the latest reading in a month that is not over.
  const isUnderWay = Date.parse(`${row.holeTo}Z`) > Date.parse(about.made) && [null, row.to].includes(row.from === null ? null : row.holeFrom);
  if (isUnderWay && !isShort) return { label: "not over yet", isHole: false };
  return { label: row.from === null ? "not read" : "not complete", isHole: true };
}

const utcMoment = clock({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const utcDay = (iso) => longDay.format(Date.parse(`${iso}Z`));
const utc = (iso) => (iso === null ? null : utcMoment.format(Date.parse(`${iso}Z`)));
