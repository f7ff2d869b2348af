// The answer and its explanation, task by task.

import { at, bar, element, mark, percent } from "./dom.js";
import { chance, difference, number, quantity, readable, shown } from "./words.js";

const MOST_EFFECTS = 8;
const MOST_CLASSES = 8;
// An effect of a tenth of a point should not fill the width.
const LEAST_SCALE = 0.02;

/** Show an answer in place, and return it as one sentence. */
export function renderAnswer(contract, { answer, output, contributions }) {
  const render = { binary: decision, multiclass: choice, regression: estimate }[contract.task];
  const sentence = render(contract, answer);
  renderEffects(contract, output, contributions);
  return sentence;
}

function decision(contract, { probability, decision: acts, threshold }) {
  const verdict = acts ? "Act" : "Do not act";
  at("said").replaceChildren(
    headline(chance(probability), acts ? "verdict act" : "verdict", verdict),
    bar(probability, mark("threshold", threshold)),
    scale("0\u00a0%", "100\u00a0%", labelled(mark("tick", threshold), chance(threshold))),
    element("p", { className: "about" }, about(contract.target, threshold)),
  );
  renderCosts(contract.costs, probability);
  return `${chance(probability)}: ${verdict.toLowerCase()}.`;
}

function about({ column, positive }, threshold) {
  const name = column.replaceAll("_", " ");
  const isYes = ["true", "yes", "1"].includes(String(positive).toLowerCase());
  const event = isYes ? name : `${name}: ${positive}`;
  return `Probability of \u201c${event}\u201d. From ${chance(threshold)} on, acting is cheaper.`;
}

function scale(low, high, ...ticks) {
  const ends = [low, high].map((each) => element("span", {}, each));
  return element("p", { className: "scale", "aria-hidden": "true" }, ...ends, ...ticks);
}

function labelled(tick, text) {
  tick.textContent = text;
  return tick;
}

function headline(value, className, verdict) {
  return element(
    "p",
    { className: "headline" },
    element("strong", { className: "value" }, value),
    " ",
    element("span", { className }, verdict),
  );
}

function renderCosts(costs, probability) {
  const choices = [
    ["Act", (1 - probability) * costs.false_alarm],
    ["Do not act", probability * costs.miss],
  ];
  const least = Math.min(...choices.map(([, cost]) => cost));
  const rows = choices.map(([name, cost]) => costRow(name, cost, cost === least));
  at("cost-title").textContent = `Expected cost, ${costs.unit}`;
  at("choices").replaceChildren(element("table", {}, element("tbody", {}, ...rows)));
  at("cost").hidden = false;
}

function costRow(name, cost, isLeast) {
  return element(
    "tr",
    { className: isLeast ? "least" : "" },
    element("th", { scope: "row" }, name),
    element("td", {}, number(cost, 3)),
    element("td", {}, isLeast ? "cheaper" : ""),
  );
}

function choice(_, { prediction, probabilities }) {
  const all = Object.entries(probabilities);
  // The order of the contract stays, so that bars do not jump; of many classes the first few stand.
  const least = all.map(([, each]) => each).sort((a, b) => b - a)[MOST_CLASSES - 1] ?? 0;
  const kept = all.filter(([, each]) => each >= least).slice(0, MOST_CLASSES);
  const rows = kept.map(([name, each]) => classRow(name, each, name === prediction));
  const others = all.length - kept.length;
  at("said").replaceChildren(
    headline(prediction, "chance", chance(probabilities[prediction])),
    element("ul", { className: "classes" }, ...rows),
    element("p", { className: "about" }, others ? `and ${others} less probable classes` : ""),
  );
  return `${prediction}, ${chance(probabilities[prediction])}.`;
}

function classRow(name, probability, isBest) {
  return element(
    "li",
    { className: isBest ? "best" : "" },
    element("span", { className: "name" }, name),
    element("span", { className: "number" }, chance(probability)),
    bar(probability),
  );
}

// The line of earlier answers, so that an interval moves on it instead of always filling it.
let line = null;

function estimate(contract, { value, low, high, coverage, unit }) {
  line = widened(line, low, high);
  const share = (each) => (each - line.low) / (line.high - line.low);
  const interval = element("span", { className: "fill" });
  interval.style.left = percent(share(low));
  interval.style.width = percent(share(high) - share(low));
  const inside = [interval, mark("point", share(value))];
  const about = `In ${Math.round(100 * coverage)}\u00a0% of cases the truth lies between`;
  at("said").replaceChildren(
    headline(number(value), "unit", unit),
    element("span", { className: "track", "aria-hidden": "true" }, ...inside),
    scale(number(line.low), number(line.high)),
    element("p", { className: "about" }, `${about} ${number(low)} and ${quantity(high, unit)}.`),
  );
  return `${quantity(value, unit)}, between ${number(low)} and ${number(high)}.`;
}

function widened(before, low, high) {
  const room = high - low || 1;
  const [least, most] = before ? [before.low, before.high] : [low - room, high + room];
  return { low: Math.min(least, low), high: Math.max(most, high) };
}

function renderEffects(contract, output, contributions) {
  const unit = contract.task === "regression" ? contract.target.unit : null;
  const felt = contributions.filter(({ effect }) => Math.abs(effect) >= (unit === null ? 0.0005 : 1e-12));
  const kept = felt.slice(0, MOST_EFFECTS);
  const largest = Math.max(...kept.map(({ effect }) => Math.abs(effect)), unit === null ? LEAST_SCALE : 0);
  const rows = kept.map((each) => effectRow(contract.columns[each.column], each, unit, largest));
  at("effects").replaceChildren(...rows);
  at("meaning").textContent = kept.length
    ? `The ${output} with this value, minus that with the typical one. It says nothing about causes.`
    : "With these values the answer is that of a typical row. Change one to see its effect.";
  at("rest").textContent = felt.length > kept.length ? `and ${felt.length - kept.length} smaller effects` : "";
}

function effectRow(column, { column: name, value, typical, effect }, unit, largest) {
  const changed = element("strong", {}, shown(column, value));
  const usual = element("span", { className: "typical" }, ` instead of ${shown(column, typical)}`);
  return element(
    "li",
    {},
    element("span", { className: "name" }, `${readable(name)} `, changed, usual),
    element("span", { className: "number" }, difference(effect, unit)),
    effectBar(effect / largest),
  );
}

/** Return a bar from the middle of its track: to the right if the effect raises the answer. */
function effectBar(share) {
  const fill = element("span", { className: share < 0 ? "fill falls" : "fill rises" });
  fill.style.width = percent(Math.abs(share) / 2);
  return element("span", { className: "track middle", "aria-hidden": "true" }, fill);
}
