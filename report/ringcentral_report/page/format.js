// Numbers, times and names as people read them, in the reader's locale.

const LOCALE = navigator.language || "en";
const HOUR = 3_600;
const DAY = 86_400;
const BASE = Date.parse(`${about.base}T00:00:00Z`);
const NONE = "–";

const wholeNumber = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
const clock = (options) => new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", ...options });
const shortDay = clock({ day: "numeric", month: "short" });
const longDay = clock({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const moment = clock({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const hourOfDay = clock({ hour: "numeric" });
const timeOfDay = clock({ hour: "2-digit", minute: "2-digit" });
const monthName = clock({ month: "long", year: "numeric" });
const weekdayName = clock({ weekday: "short" });
const WEEKDAYS = [5, 6, 7, 8, 9, 10, 11].map((day) => weekdayName.format(Date.UTC(2026, 0, day)));

// A moment is in seconds of the local clock since the base.
const dateOf = (seconds) => new Date(BASE + seconds * 1000);
const isoDay = (seconds) => dateOf(seconds).toISOString().slice(0, 10);
const sinceBase = (iso) => Math.round((Date.parse(`${iso}T00:00:00Z`) - BASE) / 1000);

function duration(seconds) {
  const total = Math.round(seconds);
  if (total < 60) return `${wholeNumber.format(total)} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  const minutes = Math.round(total / 60);
  return `${wholeNumber.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

const FORMATS = {
  count: (value) => wholeNumber.format(value),
  decimal: (value) => oneDecimal.format(value),
  // Almost all is not 100 %, and almost none is not 0 %.
  share: (value) => percent.format(value > 0 && value < 1 ? Math.min(Math.max(value, 0.001), 0.999) : value),
  seconds: duration,
  minutes: (value) => duration(value * 60),
  moment: (value) => moment.format(dateOf(value)),
  minute: (value) => timeOfDay.format(value * 60_000),
  day: (value) => longDay.format(dateOf(value)),
  text: (value) => value,
};

// What is not known is a dash, never 0.
function show(value, kind) {
  return value === null || value === undefined || Number.isNaN(value) ? NONE : FORMATS[kind](value);
}

function nameOf(entry, what) {
  return entry.shown || entry.name || (entry.number ? `${what} ${entry.number}` : `${what} ${entry.id}`);
}

const queueName = (place) => (place === null ? null : nameOf(about.queues[place], "Queue"));
const personName = (place) => (place === null ? null : nameOf(about.people[place], "Extension"));

function callerName(place) {
  if (place === null) return "hidden";
  return about.anonymous ? `Caller ${place + 1}` : about.callers[place].number;
}

const OUTCOME_LABELS = {
  answered: "Answered",
  voicemail: "Voicemail",
  callback_requested: "Callback requested",
  missed: "Missed",
  abandoned: "Abandoned",
  not_connected: "Not connected",
  failed: "Failed",
  blocked: "Blocked",
  emergency: "Emergency",
  fax: "Fax",
  unknown: "Unknown",
};
