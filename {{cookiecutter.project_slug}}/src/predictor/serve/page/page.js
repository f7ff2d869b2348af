// The page: what is typed is asked at once, and the newest answer is the one shown.

import { renderAnswer } from "./answer.js";
import { at, element } from "./dom.js";
import { buildForm } from "./form.js";
import { explain, loadModel, useKey } from "./model.js";
import { ago, number, readable, whole } from "./words.js";

const PAUSE = 150; // ms after the last change
const SPOKEN = 900; // ms of quiet before a screen reader hears the answer
const RETRY = 3; // s, unless the service says otherwise

let description = null;
let form = null;
let running = null;
let timers = {};

function later(name, seconds, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, 1000 * seconds);
}

async function start() {
  try {
    describe(await loadModel());
    await answerNow();
  } catch (problem) {
    refuse(problem, start);
  }
}

/** Show who answers, and rebuild the form if its contract is another one. */
function describe(loaded) {
  const isNew = JSON.stringify(loaded.contract) !== JSON.stringify(description?.contract);
  description = loaded;
  document.title = loaded.contract.question;
  at("question").textContent = loaded.contract.question;
  at("decision").textContent = loaded.contract.decision;
  at("exam").replaceChildren(...exam(loaded).map((text) => element("span", {}, text)));
  if (isNew) {
    form = buildForm(at("fields"), loaded);
    form.fill(sharedRow() ?? loaded.typical);
  }
  at("access").hidden = true;
  at("demo").hidden = false;
}

function exam({ version, age_seconds: age, evaluation, contract }) {
  const metric = { binary: "roc_auc", multiclass: "macro_f1", regression: "mae" }[contract.task];
  const unit = contract.task === "regression" ? contract.target.unit : "";
  const names = { roc_auc: "ROC AUC", macro_f1: "macro F1", mae: "mean absolute error" };
  const result = (who) => number(evaluation[who][metric], 3);
  const period = evaluation.first ? `, ${whole(evaluation.first)} to ${whole(evaluation.last)}` : "";
  const facts = [`Version ${version}, promoted ${ago(age)}`];
  if (!(metric in evaluation.model)) return facts;
  facts.push(`Tested on ${evaluation.rows.toLocaleString("en")} unseen rows${period}`);
  const score = `${names[metric]} ${result("model")}${unit && ` ${unit}`}`;
  const rest = contract.costs
    ? [score, savings(evaluation, contract.costs.unit)]
    : [`${score} (${result("dummy")} without a model)`];
  return [...facts, ...rest];
}

function savings({ model, dummy }, unit) {
  const [own, without] = [model, dummy].map((each) => number(each.cost_per_1000, 3));
  return `${own} ${unit} per 1,000 decisions (${without} without a model)`;
}

async function answerNow() {
  clearTimeout(timers.ask);
  running?.abort();
  const faults = form.faults();
  if (faults.length) return complain(faults);
  const call = (running = new AbortController());
  at("side").setAttribute("aria-busy", "true");
  try {
    const row = form.row();
    const explained = await explain(row, call.signal);
    if (running === call) show(row, explained);
  } catch (problem) {
    if (running === call) refuse(problem, answerNow);
  }
}

function show(row, explained) {
  settle();
  at("notice").textContent = "";
  form.complain([]);
  setStale(false);
  speak(renderAnswer(description.contract, explained));
  share(row);
  // Workers take up a new champion one after another: ask again in a moment who answers.
  if (explained.answer.model_version !== description.version) later("retry", 1, start);
}

function settle() {
  running = null;
  clearTimeout(timers.retry);
  at("side").removeAttribute("aria-busy");
}

function refuse(problem, again) {
  if (problem.name === "AbortError") return;
  settle();
  if (problem.status === 401) askForKey(problem);
  else if (problem.errors?.length) complain(problem.errors);
  else if (problem.passes) wait(problem, again);
  else fail(problem);
}

function complain(errors) {
  settle();
  setStale(true);
  const named = form.complain(errors);
  const [beside, others] = [true, false].map((is) => errors.filter((error) => named.includes(error.field) === is));
  tell(sentence(others));
  speak(sentence(beside));
}

function sentence(errors) {
  const each = ({ field, message }) => (field === "body" ? message : `${readable(field)}: ${message}`);
  return errors.map(each).join("; ");
}

function wait(problem, again) {
  setStale(true);
  const seconds = problem.retryAfter || RETRY;
  tell(`${problem.message} This page tries again every ${number(seconds)} seconds.`);
  later("retry", seconds, again);
}

function fail(problem) {
  setStale(true);
  tell(problem.message);
  if (!problem.status) throw problem;
}

function askForKey(problem) {
  setStale(true);
  tell(problem.message);
  at("access").hidden = false;
  at("key").focus();
}

/** Show a sentence; what stands between backquotes is something to type. */
function tell(text) {
  const parts = text.split("`");
  const shown = parts.map((part, index) => (index % 2 ? element("code", {}, part) : part));
  if (at("notice").textContent !== parts.join("")) at("notice").replaceChildren(...shown);
}

/** Mark the answer as that of older values, or as that of the values in the form. */
function setStale(isStale) {
  at("side").classList.toggle("stale", isStale);
  at("stale").hidden = !isStale;
}

function speak(text) {
  later("speak", SPOKEN / 1000, () => {
    at("spoken").textContent = text;
  });
}

/** Return the row in the address, if there is one. */
function sharedRow() {
  try {
    const row = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return typeof row === "object" ? row : null;
  } catch {
    return null;
  }
}

function share(row) {
  const shared = form.isTypical() ? "" : `#${encodeURIComponent(JSON.stringify(row))}`;
  if (location.hash !== shared) history.replaceState(null, "", shared || location.pathname + location.search);
}

at("form").addEventListener("input", () => later("ask", PAUSE / 1000, answerNow));
at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  answerNow();
  at("answer").focus();
});
at("form").addEventListener("reset", (event) => {
  event.preventDefault();
  form.reset();
  answerNow();
});
at("access").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(at("key").value);
  tell("");
  if (form) answerNow();
  else start();
});

start();
