// Creates a form field for a property of the JSON Schema, and returns its value as JSON.

function kindOf(property) {
  const options = property.anyOf ?? [property];
  return options.find((option) => option.type !== "null");
}

function choices(values, chosen) {
  const select = document.createElement("select");
  for (const value of values) {
    select.add(new Option(value || "(missing)", value, false, value === chosen));
  }
  return select;
}

function control(name, property, value, categories) {
  const kind = kindOf(property);
  const optional = property.anyOf !== undefined;
  // Five digits: not 3.4523399999999995.
  const shown = typeof value === "number" ? Number(value.toPrecision(5)) : value;
  const text = shown === null || shown === undefined ? "" : String(shown);
  if (kind.enum || kind.const || kind.type === "boolean") {
    const values = kind.enum ?? (kind.const ? [kind.const] : ["true", "false"]);
    return choices(optional ? ["", ...values] : values, text);
  }
  const input = document.createElement("input");
  input.value = text;
  input.required = !optional;
  if (kind.type === "number" || kind.type === "integer") {
    Object.assign(input, { type: "number", step: kind.type === "integer" ? "1" : "any" });
    if ("minimum" in kind) input.min = kind.minimum;
    if ("maximum" in kind) input.max = kind.maximum;
  } else if (kind.pattern) {
    const isDate = text.endsWith("T00:00:00"); // a column of dates has no time of day
    input.type = isDate ? "date" : "datetime-local";
    input.value = text.slice(0, isDate ? 10 : 16);
  } else if (categories.length) {
    const list = document.createElement("datalist");
    list.id = `known-${name}`;
    list.append(...categories.map((category) => new Option(category)));
    document.body.append(list);
    input.setAttribute("list", list.id);
  }
  return input;
}

/** Return a labelled input for a property of the schema. */
export function field(name, property, value, categories) {
  const label = document.createElement("label");
  label.append(name.replaceAll("_", " "));
  const input = control(name, property, value, categories);
  input.name = name;
  const hint = document.createElement("small");
  hint.textContent = property.description ?? "";
  const fault = document.createElement("small");
  fault.className = "fault";
  label.append(input, hint, fault);
  return label;
}

/** Return the value of an input as JSON for the service; null if it is empty. */
export function valueOf(input, property) {
  const kind = kindOf(property).type;
  if (input.value === "") return null;
  if (kind === "number" || kind === "integer") return Number(input.value);
  if (input.type === "date") return `${input.value}T00:00:00`;
  return kind === "boolean" ? input.value === "true" : input.value;
}
