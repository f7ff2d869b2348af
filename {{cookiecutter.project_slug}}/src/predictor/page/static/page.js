// Builds the form from the JSON Schema of a row, and shows the response of the service.
import { field, valueOf } from "./form.js";

const form = document.getElementById("row");
const answer = document.getElementById("answer");
const reasons = document.getElementById("reasons");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

async function load(path) {
  const response = await fetch(path);
  const content = await response.json();
  if (!response.ok) throw new Error(content.detail);
  return content;
}

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), { textContent: text });
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function show(result, problem) {
  const parts = [];
  if ("probability" in result) {
    const { false_alarm: alarm, miss, unit } = problem.costs;
    parts.push(element("strong", percent.format(result.probability)));
    parts.push(element("p", result.decision ? "Act." : "Do not act."));
    if (unit) parts.push(element("small", `A false alarm costs ${exact.format(alarm)} and a missed case ${exact.format(miss)} (${unit}), so the decision threshold is ${percent.format(result.threshold)}.`));
  } else if ("probabilities" in result) {
    parts.push(element("strong", result.decision));
    const sorted = Object.entries(result.probabilities).sort((one, other) => other[1] - one[1]);
    for (const [name, share] of sorted) parts.push(element("p", `${name}: ${percent.format(share)}`));
  } else {
    parts.push(element("strong", `${number.format(result.value)} ${problem.unit}`));
    parts.push(element("p", `Between ${number.format(result.low)} and ${number.format(result.high)} in ${percent.format(result.coverage)} of cases.`));
  }
  if (result.unseen.length) parts.push(element("p", `Not in the training data: ${result.unseen.join(", ")}.`, { class: "fault" }));
  parts.push(element("p", ""), element("small", `Version ${result.model_version} of the model`));
  answer.replaceChildren(...parts);
}

function explain(contributions, isShare) {
  const shown = (effect) => (isShare ? `${number.format(100 * Math.abs(effect))} points` : number.format(Math.abs(effect)));
  const table = element("table");
  const largest = Math.abs(contributions[0].effect) || 1;
  for (const { column, effect, typical } of contributions.slice(0, 6)) {
    const row = table.insertRow();
    const usual = typeof typical === "number" ? exact.format(typical) : (typical ?? "missing");
    row.append(element("th", column.replaceAll("_", " "), { scope: "row", title: `compared with ${usual}` }));
    const words = effect === 0 ? "is typical" : `${effect < 0 ? "lowers" : "raises"} it by ${shown(effect)}`;
    const meter = element("meter", "", { max: largest, value: Math.abs(effect), "aria-label": words });
    const cell = row.insertCell();
    cell.append(meter, element("small", words));
  }
  reasons.replaceChildren(element("h2", "Effect of each value, compared with a typical one"), table);
}

function mark(errors) {
  for (const input of form.elements) {
    const found = errors.find((error) => error.loc[1] === input.name);
    input.toggleAttribute("aria-invalid", Boolean(found));
    input.parentElement.querySelector(".fault").textContent = found ? found.msg : "";
  }
}

let latest = 0;
async function ask(about, schema, paths) {
  const turn = ++latest;
  const row = {};
  for (const input of form.elements) row[input.name] = valueOf(input, schema.properties[input.name]);
  const path = "/explain" in paths ? "explain" : "predict";
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(row) });
  const content = await response.json();
  if (turn !== latest) return; // a newer request was sent
  mark(response.ok ? [] : (content.errors ?? content.detail ?? []));
  if (!response.ok) {
    answer.replaceChildren(element("p", response.status === 422 ? "Some values are not possible." : content.detail));
    return;
  }
  show(content.prediction ?? content, about.problem);
  if (content.contributions) explain(content.contributions, !("value" in content.prediction));
}

async function start() {
  const [openapi, about] = await Promise.all([load("openapi.json"), load("about")]);
  const body = openapi.paths["/predict"].post.requestBody.content["application/json"].schema;
  const schema = openapi.components.schemas[body.$ref.split("/").pop()];
  document.title = about.problem.name;
  document.getElementById("question").textContent = about.problem.question;
  document.getElementById("decision").textContent = about.problem.decision;
  for (const [name, property] of Object.entries(schema.properties)) {
    form.append(field(name, property, about.example[name], about.categories[name] ?? []));
  }
  let timer;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(about, schema, openapi.paths), 150);
  });
  await ask(about, schema, openapi.paths);
}

start().catch((error) => {
  document.getElementById("question").textContent = "No prediction yet";
  answer.replaceChildren(element("p", error.message));
});
