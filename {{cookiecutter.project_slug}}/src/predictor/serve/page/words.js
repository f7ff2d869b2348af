// Names, numbers and values as a person reads them.

const MINUS = "\u2212";
const NARROW = "\u00a0";

const moments = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const ages = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const AGES = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** Return the name of a column as words; a name that is not plain stays as it is. */
export function readable(name) {
  const words = name.replaceAll("_", " ").trim() || name;
  return /^[a-z][a-z ]*$/.test(words) ? words[0].toUpperCase() + words.slice(1) : words;
}

/** Return a number with about so many significant digits; an extreme one with a power of ten. */
export function number(value, significant = 4) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(2).replace("-", MINUS);
  const digits = Math.min(6, Math.max(0, significant - 1 - Math.floor(Math.log10(size || 1))));
  const shown = value.toLocaleString("en", { maximumFractionDigits: digits, useGrouping: "min2" });
  return shown.replace("-", MINUS);
}

/** Return a quantity and its unit. */
export function quantity(value, unit) {
  return unit ? `${number(value)}${NARROW}${unit}` : number(value);
}

/** Return a probability as a percentage. */
export function chance(probability) {
  return `${(100 * probability).toFixed(1)}${NARROW}%`;
}

/** Return a difference with its sign, as percentage points or in a unit. */
export function difference(value, unit) {
  if (unit === null) return `${signed((100 * value).toFixed(1))}${NARROW}points`;
  const size = number(Math.abs(value));
  return unit ? `${sign(value)}${size}${NARROW}${unit}` : `${sign(value)}${size}`;
}

/** Return a value of a column as text. */
export function shown(column, value) {
  if (value === null || value === undefined) return "unknown";
  if (column.type === "number") return quantity(value, column.unit);
  if (column.type === "boolean") return value ? "yes" : "no";
  if (column.type === "timestamp") return moments.format(new Date(value));
  return String(value);
}

/** Return a date that no line break tears apart. */
export function whole(date) {
  return date.replaceAll("-", "\u2011");
}

/** Return how long ago something was. */
export function ago(seconds) {
  const [unit, length] = AGES.find(([, least]) => seconds >= least) ?? ["second", 1];
  return unit === "second" ? "just now" : ages.format(-Math.floor(seconds / length), unit);
}

function signed(text) {
  return text.startsWith("-") ? text.replace("-", MINUS) : `+${text}`;
}

function sign(value) {
  return value < 0 ? MINUS : "+";
}
