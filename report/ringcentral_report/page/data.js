// The data of the page: names and short tables as JSON, long tables as packed columns of numbers.

const UNKNOWN = { Uint8Array: 0xff, Uint16Array: 0xffff, Uint32Array: 0xffffffff };
const ARRAYS = { Uint8Array, Uint16Array, Uint32Array };

const about = JSON.parse(document.getElementById("about").textContent);

// Tables by name: {length, columnName: {values, unknown}}; unknown is the number that stands for null.
const tables = {};

async function unpack() {
  const text = atob(document.getElementById("numbers").textContent);
  const packed = Uint8Array.from(text, (one) => one.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  for (const [name, { length, columns }] of Object.entries(about.tables)) {
    tables[name] = { length };
    for (const [column, { type, start, length: count, delta }] of Object.entries(columns)) {
      let values = new ARRAYS[type](buffer, start, count);
      if (delta) values = sums(values);
      tables[name][column] = { values, unknown: delta ? -1 : UNKNOWN[type] };
    }
  }
}

function sums(differences) {
  const values = new Float64Array(differences.length);
  let sum = 0;
  for (let place = 0; place < values.length; place++) values[place] = sum += differences[place];
  return values;
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

// The value of a column at a place; null where it is not known.
function at({ values, unknown }, place) {
  return values[place] === unknown ? null : values[place];
}
