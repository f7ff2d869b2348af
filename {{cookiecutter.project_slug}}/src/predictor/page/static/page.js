// Builds the form from the JSON Schema of a row, and shows what the back end answers.
// A back end is a module with `open`: api.js asks the service, browser.js runs the model here.
import { field, valueOf } from "./form.js";

const { open } = await import(document.documentElement.dataset.backend);

const form = document.getElementById("row");
const answer = document.getElementById("answer");
const remark = document.getElementById("remark");
const reasons = document.getElementById("reasons");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");
const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), { textContent: text });
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Return a large text, a sentence below it, and a remark, for an answer of each kind of task. */
function inWords(result, problem) {
  if ("probability" in result) {
    const { false_alarm: alarm, miss, unit } = problem.costs;
    const threshold = `so the decision threshold is ${percent.format(result.threshold)}.`;
    const costs = `A false alarm costs ${exact.format(alarm)}, a missed case ${exact.format(miss)}`;
    const why = `${costs} (${unit}), ${threshold}`;
    const decision = result.decision ? "Act." : "Do not act.";
    return [percent.format(result.probability), decision, unit ? why : ""];
  }
  if ("probabilities" in result) {
    const sorted = Object.entries(result.probabilities).sort((one, other) => other[1] - one[1]);
    const shares = sorted.map(([name, share]) => `${name}: ${percent.format(share)}`);
    return [result.decision, shares.join(", "), ""];
  }
  const numbers = [result.value, result.low, result.high];
  const [value, low, high] = numbers.map((each) => number.format(each));
  const interval = `Between ${low} and ${high} in ${percent.format(result.coverage)} of cases.`;
  return [`${value} ${problem.unit}`, interval, ""];
}

function show(result, problem) {
  const [large, sentence, why] = inWords(result, problem);
  const names = result.unseen.join(", ");
  answer.replaceChildren(
    element("strong", large),
    element("p", sentence),
    element("p", names && `Not in the training data: ${names}.`, { class: "fault" }),
  );
  remark.textContent = `${why} Version ${result.model_version} of the model.`;
}

function explain(contributions, isShare) {
  const shown = (effect) =>
    isShare ? `${number.format(100 * Math.abs(effect))} points` : number.format(Math.abs(effect));
  const table = element("table");
  const moving = contributions.filter(({ effect }) => effect !== 0).slice(0, 6);
  for (const { column, effect, typical } of moving) {
    const row = table.insertRow();
    const usual = typeof typical === "number" ? exact.format(typical) : (typical ?? "missing");
    const title = `compared with ${usual}`;
    row.append(element("th", column.replaceAll("_", " "), { scope: "row", title }));
    const words = `${effect < 0 ? "lowers" : "raises"} it by ${shown(effect)}`;
    const size = { max: Math.abs(moving[0].effect), value: Math.abs(effect), "aria-label": words };
    row.insertCell().append(element("meter", "", size), element("small", words));
  }
  const heading = element("h2", "Effect of each value, compared with a typical one");
  const none = element("p", "All values are typical: change one to see its effect.");
  reasons.replaceChildren(heading, moving.length ? table : none);
}

function mark(errors) {
  for (const input of form.elements) {
    const found = errors.find((error) => error.column === input.name);
    input.toggleAttribute("aria-invalid", Boolean(found));
    input.parentElement.querySelector(".fault").textContent = found ? found.message : "";
  }
}

/** Return the values that break a rule of the schema, as the form knows it. */
function invalid() {
  const inputs = [...form.elements].filter((input) => !input.validity.valid);
  return inputs.map((input) => ({ column: input.name, message: input.validationMessage }));
}

let latest = 0;
async function ask({ about, schema, ask: send }) {
  const turn = ++latest;
  const row = {};
  for (const input of form.elements) {
    row[input.name] = valueOf(input, schema.properties[input.name]);
  }
  const wrong = invalid();
  const reply = wrong.length ? { errors: wrong } : await send(row);
  if (turn !== latest) return; // a newer request was sent
  const { prediction, contributions, errors = [] } = reply;
  mark(errors);
  if (errors.length) answer.replaceChildren(element("p", "Some values are not possible."));
  else show(prediction, about.problem);
  if (contributions) explain(contributions, !("value" in prediction));
}

function fail(error) {
  answer.replaceChildren(element("p", error.message));
}

async function start() {
  const backend = await open();
  const { about, schema } = backend;
  document.title = about.problem.name;
  document.getElementById("question").textContent = about.problem.question;
  document.getElementById("decision").textContent = about.problem.decision;
  const sentences = about.worth.map((sentence) => element("p", sentence));
  const title = element("h2", "What the model is worth");
  document.getElementById("worth").replaceChildren(title, ...sentences);
  for (const [name, property] of Object.entries(schema.properties)) {
    form.append(field(name, property, about.example[name], about.categories[name] ?? []));
  }
  let timer;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(backend).catch(fail), 150);
  });
  await ask(backend);
}

start().catch((error) => {
  document.getElementById("question").textContent = "No prediction yet";
  fail(error);
});
