// Shows the page that the address names, and shows it anew when a filter changes.

// Whether a page knows a choice, and the span that its figures are kept for, s; null where not at all.
const always = () => true;
const PAGES = {
  overview: { title: "What became of our calls?", render: overviewPage, knows: (choice) => grainOfCalls(choice) !== null, grain: grainOfCalls },
  missed: { title: "Who should be called back?", render: missedPage, knows: (choice) => grainOfCalls(choice) !== null, grain: grainOfCalls },
  queues: { title: "Which queue loses callers?", render: queuesPage, knows: always, grain: () => about.queueUnit },
  people: { title: "Who answers, and who is on the phone?", render: peoplePage, knows: always, grain: () => DAY },
  when: { title: "When do people call?", render: whenPage, knows: knowsHours, grain: (choice) => (knowsHours(choice) ? Math.max(900, grainOfCalls(choice)) : null) },
  callers: { title: "Who calls again and again?", render: callersPage, knows: always, grain: (choice) => (inRows(choice) ? 1 : null) },
  archive: { title: "What is archived, and what will be lost next?", render: archivePage, knows: always, grain: () => DAY },
};

function knowsHours(choice) {
  const grain = grainOfCalls(choice);
  return grain !== null && grain <= HOUR;
}

let shown = "overview";

function render(names = [shown]) {
  const choice = chosen();
  const set = filtersSet().length + (isPeriodAsMade() ? 0 : 1);
  document.getElementById("status").textContent = status(choice);
  toggle.textContent = set ? `Filters (${wholeNumber.format(set)} set)` : "Filters";
  for (const name of names) {
    const section = document.getElementById(name);
    section.hidden = false;
    const page = PAGES[name];
    if (!page.knows(choice)) unavailable(section, page.title);
    else page.render(section, choice, comparison(choice, page.grain));
  }
}

function go() {
  const name = location.hash.slice(1);
  if (name === "page") return;
  shown = name in PAGES ? name : "overview";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${shown}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== shown;
  render();
}

function status({ begin, end }) {
  const last = end - DAY;
  const said = [begin === last ? `${longDay.format(dateOf(begin))}.` : `${longDay.format(dateOf(begin))} to ${longDay.format(dateOf(last))}.`];
  said.push(`All times are ${about.zone} time.`);
  if (about.seenTo !== null) said.push(`Latest call: ${moment.format(dateOf(about.seenTo))}.`);
  if (about.included) said.push(about.included);
  const set = filtersSet();
  if (set.length) said.push(`Filtered: ${set.join(", ")}.`);
  return said.join(" ");
}

const toggle = document.getElementById("filters-toggle");

function periodChanged() {
  const { period, from, to } = form.elements;
  if (period.value) [from.value, to.value] = period.value.split("/");
}

function daysChanged() {
  const { period, from, to } = form.elements;
  if (from.value > to.value) to.value = from.value;
  const same = `${from.value}/${to.value}`;
  period.value = [...period.options].some((one) => one.value === same) ? same : "";
}

async function start() {
  await Promise.all([unpack(), loadCharts()]);
  fillFilters();
  form.addEventListener("change", (event) => {
    if (event.target.name === "period") periodChanged();
    if (["from", "to"].includes(event.target.name)) daysChanged();
    render();
  });
  // At phone width only: the style sheet hides the button elsewhere, and shows the filters.
  toggle.addEventListener("click", () => {
    toggle.setAttribute("aria-expanded", String(form.classList.toggle("shown")));
  });
  form.addEventListener("reset", () => setTimeout(render));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => {
    go();
    document.getElementById("page").focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    render();
  });
  // In print, all pages follow each other.
  matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) render(Object.keys(PAGES));
    else go();
  });
  go();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  const said = "This browser is too old for the report: it can only show the figures of the whole period.";
  document.getElementById("page").prepend(element("p", { class: "notice", role: "alert" }, said));
  throw error;
});
