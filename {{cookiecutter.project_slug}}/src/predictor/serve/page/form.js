// From the contract to inputs, and from inputs to a row.

import { element } from "./dom.js";
import { number, readable, shown } from "./words.js";

const FEW = 3;

/** Fill `container` with one field per column; the result reads, writes and complains. */
export function buildForm(container, { contract, statistics, typical }) {
  const fields = Object.entries(contract.columns).map(([name, column], position) =>
    buildField(`field-${position}`, name, column, statistics.columns[name], typical[name]),
  );
  container.replaceChildren(...fields.map((field) => field.block));
  const fill = (row) => fields.forEach((field) => field.write(valueOf(row, field.name)));
  const row = () => Object.fromEntries(fields.map(entry).filter(([, value]) => value !== undefined));
  fill(typical);
  const first = JSON.stringify(row());
  return {
    fill,
    row,
    reset: () => fill(typical),
    isTypical: () => JSON.stringify(row()) === first,
    faults: () => fields.map(fault).filter(({ message }) => message),
    complain: (errors) => fields.filter((field) => complain(field, errors)).map(({ name }) => name),
  };
}

// A row without a column takes its typical value; Object.hasOwn because "constructor" is a name too.
function valueOf(row, name) {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function entry(field) {
  return [field.name, field.read()];
}

function fault(field) {
  return { field: field.name, message: field.fault?.() ?? "" };
}

function complain(field, errors) {
  const found = errors.filter((error) => error.field === field.name);
  field.error.textContent = found.map((error) => error.message).join("; ");
  if (found.length) field.control.setAttribute("aria-invalid", "true");
  else field.control.removeAttribute("aria-invalid");
  return found.length > 0;
}

function buildField(id, name, column, statistics, typical) {
  const made = builder(column)({ id, name, column, statistics, typical });
  const hint = element("p", { className: "hint", id: `${id}-hint` }, hintOf(column));
  const error = element("p", { className: "error", id: `${id}-error` });
  made.control.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  const block = made.group ?? element("div");
  block.classList.add("field");
  block.append(...made.parts, hint, error);
  const write = (value) => made.write(value === undefined ? typical : value);
  return { ...made, name, block, error, write };
}

function builder(column) {
  switch (column.type) {
    case "number":
      return numberField;
    case "timestamp":
      return timestampField;
    case "boolean":
      return column.missing ? radioField : switchField;
    default:
      if (!column.values) return nameField;
      return column.values.length > FEW ? selectField : radioField;
  }
}

function hintOf(column) {
  const legal = column.range && column.range.map((end) => number(end)).join(" to ");
  return [column.description, legal].filter(Boolean).join(". ");
}

function numberField(context) {
  const { id, name, column, statistics } = context;
  const span = spanOf(column, statistics.quantiles);
  const input = element("input", { id, type: "number", step: span?.step ?? "any" });
  const slider = span && sliderFor(input, name, column, span);
  const follow = () => slider?.follow();
  const unknown = column.missing ? unknownFor(input, name, follow) : null;
  input.addEventListener("input", follow);
  const unit = column.unit ? [element("span", { className: "unit" }, column.unit)] : [];
  return {
    control: input,
    parts: [
      head(id, name, unknown),
      element("div", { className: "line" }, input, ...unit, ...(slider ? [slider.input] : [])),
    ],
    read: () => (input.value === "" ? nothing(column) : input.valueAsNumber),
    fault: () => (input.validity.badInput ? "Write a number" : ""),
    write: (value) => {
      input.value = value ?? "";
      unknown?.sync();
      follow();
    },
  };
}

/** Return the span and the step of a slider: what is usual, inside what is legal. */
function spanOf(column, quantiles) {
  const [least, most] = column.range ?? [-Infinity, Infinity];
  const usual = quantiles.length ? usualOf(quantiles) : [least, most];
  const [low, high] = usual[0] < usual[1] ? usual : [least, most];
  if (!Number.isFinite(high - low) || low === high) return null;
  const fine = 10 ** Math.floor(Math.log10((high - low) / 50));
  const step = quantiles.every(Number.isInteger) ? Math.max(1, fine) : fine;
  const steps = (value, round) => Number((round(value / step) * step).toPrecision(12));
  const min = Math.max(least, steps(low, Math.floor));
  return { min, max: Math.min(most, steps(high, Math.ceil)), step };
}

// A single wild value would leave the usual ones on one pixel of the slider.
function usualOf(quantiles) {
  const [first, low, high, last] = [0, 1, quantiles.length - 2, quantiles.length - 1].map(
    (index) => quantiles[index],
  );
  const reach = high - low || Infinity;
  return [Math.max(first, low - reach), Math.min(last, high + reach)];
}

function sliderFor(input, name, column, span) {
  const label = `${readable(name)}, slider`;
  const slider = element("input", { type: "range", ...span, "aria-label": label });
  slider.addEventListener("input", () => {
    input.value = slider.value;
    input.dispatchEvent(new Event("input"));
  });
  const follow = () => {
    const value = input.value === "" ? null : input.valueAsNumber;
    if (value !== null) slider.value = value;
    slider.classList.toggle("unknown", value === null);
    slider.setAttribute("aria-valuetext", shown(column, value));
  };
  return { input: slider, follow };
}

function timestampField(context) {
  return textual(context, { type: "datetime-local", step: 60 }, (text) => text, moment);
}

/** Return an ISO 8601 moment as the input writes it: no offset, no more than milliseconds. */
function moment(value) {
  return value.replace(" ", "T").replace(/(\.\d{3})\d+$/, "$1").replace(/(T\d\d:\d\d):00$/, "$1");
}

function nameField(context) {
  const { id, statistics } = context;
  const names = Object.keys(statistics.shares).map((value) => element("option", { value }));
  const list = element("datalist", { id: `${id}-names` }, ...names);
  const same = (text) => text;
  const field = textual(context, { type: "text", autocomplete: "off" }, same, same);
  field.control.setAttribute("list", list.id);
  return { ...field, parts: [...field.parts, list] };
}

function textual({ id, name, column }, properties, parse, format) {
  const input = element("input", { id, ...properties });
  const unknown = column.missing ? unknownFor(input, name, () => {}) : null;
  return {
    control: input,
    parts: [head(id, name, unknown), element("div", { className: "line" }, input)],
    read: () => (input.value === "" ? nothing(column) : parse(input.value)),
    fault: () => (input.validity.badInput ? "Write the whole date and time" : ""),
    write: (value) => {
      input.value = typeof value === "string" ? format(value) : "";
      unknown?.sync();
    },
  };
}

function switchField({ id, name }) {
  const input = element("input", { id, type: "checkbox", role: "switch" });
  return {
    control: input,
    parts: [head(id, name), element("div", { className: "line" }, input)],
    read: () => input.checked,
    write: (value) => {
      input.checked = Boolean(value);
    },
  };
}

function selectField({ id, name, column }) {
  const options = choicesOf(column);
  const select = element("select", { id }, ...options.map((each) => element("option", {}, each.text)));
  return {
    control: select,
    parts: [head(id, name), element("div", { className: "line" }, select)],
    read: () => options[select.selectedIndex]?.value,
    write: (value) => {
      select.selectedIndex = options.findIndex((each) => each.value === (value ?? null));
    },
  };
}

function radioField({ id, name, column }) {
  const options = choicesOf(column).map((each, position) => radio(id, each, position));
  const group = element("fieldset", { role: "radiogroup" });
  const legend = element("legend", { className: "label" }, readable(name));
  return {
    control: group,
    group,
    parts: [legend, element("div", { className: "line" }, ...options.map((each) => each.label))],
    read: () => options.find((each) => each.input.checked)?.value,
    write: (value) => {
      for (const each of options) each.input.checked = each.value === (value ?? null);
    },
  };
}

function radio(id, { text, value }, position) {
  const input = element("input", { type: "radio", name: id, id: `${id}-${position}` });
  const label = element("label", { className: "choice" }, input, element("span", {}, text));
  return { input, label, value };
}

function choicesOf(column) {
  const values = column.type === "boolean" ? [true, false] : column.values;
  const choices = values.map((value) => ({ value, text: shown(column, value) }));
  return column.missing ? [...choices, { value: null, text: "unknown" }] : choices;
}

/** Return a box that says the value is unknown: ticking it empties the input, typing unticks it. */
function unknownFor(input, name, follow) {
  const box = element("input", { type: "checkbox", "aria-label": `${readable(name)} is unknown` });
  let known = "";
  const sync = () => {
    box.checked = input.value === "" && !input.validity.badInput;
    input.placeholder = box.checked ? "unknown" : "";
    if (input.value !== "") known = input.value;
  };
  box.addEventListener("change", () => {
    input.value = box.checked ? "" : known;
    if (!box.checked) input.focus();
    sync();
    follow();
  });
  input.addEventListener("input", sync);
  return { label: element("label", { className: "unknown" }, box, "unknown"), sync };
}

function head(id, name, unknown) {
  const label = element("label", { htmlFor: id, className: "label" }, readable(name));
  return element("div", { className: "head" }, label, ...(unknown ? [unknown.label] : []));
}

// Left out, a value that must be known is named by the service as missing.
function nothing(column) {
  return column.missing ? null : undefined;
}
