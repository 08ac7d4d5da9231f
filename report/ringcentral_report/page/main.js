// Shows the page that the address names, and shows it anew when a filter changes.

let shown = "overview";

function render(names = [shown]) {
  const choice = chosen();
  const before = periodBefore(choice);
  for (const name of names) {
    const section = document.getElementById(name);
    section.hidden = false;
    PAGES[name].render(section, choice, before);
    document.getElementById("status").textContent = status(choice);
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
  const said = [`${longDay.format(dateOf(begin))} to ${longDay.format(dateOf(end - DAY))}, by the clocks of ${about.zone}.`];
  if (about.seenTo !== null) said.push(`Calls read up to ${moment.format(dateOf(about.seenTo))}.`);
  return said.join(" ");
}

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
  await unpack();
  fillFilters();
  form.addEventListener("change", (event) => {
    if (event.target.name === "period") periodChanged();
    if (["from", "to"].includes(event.target.name)) daysChanged();
    render();
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

start();
