// The data of the page: names and short tables as JSON, long tables as packed columns of numbers.

const ARRAYS = { Uint8Array, Uint16Array, Uint32Array, Float64Array };
const UNKNOWN = { Uint8Array: 0xff, Uint16Array: 0xffff, Uint32Array: 0xffffffff, Float64Array: 2 ** 53 };

const about = JSON.parse(document.getElementById("about").textContent);

// Tables by name: {length, columnName: {values, unknown}}; unknown is the number that stands for null.
const tables = {};

async function unpack() {
  const buffer = await unzipped("numbers");
  for (const [name, { json, start, length, columns }] of Object.entries(about.tables)) {
    if (json) {
      // Names: queues, people, callers, recordings.
      Object.assign(about, JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, start, length))));
      continue;
    }
    tables[name] = { length };
    for (const [column, described] of Object.entries(columns)) tables[name][column] = unpacked(buffer, described);
  }
  distinguish(about.queues);
  distinguish(about.people);
}

// Those who share a name are shown with their number, too.
function distinguish(entries) {
  const found = new Map();
  for (const { name } of entries) found.set(name, (found.get(name) ?? 0) + 1);
  for (const one of entries) if (one.name && found.get(one.name) > 1) one.shown = `${one.name} (${one.number ?? one.id})`;
}

async function unzipped(id) {
  const text = atob(document.getElementById(id).textContent);
  const packed = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) packed[place] = text.charCodeAt(place);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// A column is packed as all first bytes, then all second ones, …, in numbers of some unit.
function unpacked(buffer, { type, start, length, unit, delta }) {
  const width = ARRAYS[type].BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(length * width);
  for (let plane = 0; plane < width; plane++) {
    const from = new Uint8Array(buffer, start + plane * length, length);
    for (let place = 0; place < length; place++) bytes[place * width + plane] = from[place];
  }
  let values = new ARRAYS[type](bytes.buffer);
  if (unit === 1 && !delta) return { values, unknown: UNKNOWN[type] };
  values = Float64Array.from(values, (one) => (one === UNKNOWN[type] ? -1 : one * unit));
  if (delta) for (let place = 1; place < length; place++) values[place] += values[place - 1];
  return { values, unknown: -1 };
}

// The first place in ascending numbers whose number is not below a limit.
function lowerBound(values, limit) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Calls visit(place) for each row of a table whose time lies in [begin, end), s since the base.
function eachRow(table, column, unit, begin, end, visit) {
  const { values } = table[column];
  const last = lowerBound(values, end / unit);
  for (let place = lowerBound(values, begin / unit); place < last; place++) visit(place);
}

function anyRow(table, column, unit, begin, end) {
  const { values } = table[column];
  return lowerBound(values, begin / unit) < lowerBound(values, end / unit);
}

// The value of a column at a place; null where it is not known.
function at({ values, unknown }, place) {
  return values[place] === unknown ? null : values[place];
}
