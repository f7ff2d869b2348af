// The bundle as a back end: ONNX Runtime runs it in the browser, and no value of a row leaves it.

const MISSING = "(missing)"; // as in features.py

// The features of a local time, as CALENDAR_PARTS in features.py.
const CALENDAR_PARTS = {
  month: (time) => time.getUTCMonth() + 1,
  day: (time) => time.getUTCDate(),
  weekday: (time) => (time.getUTCDay() + 6) % 7, // Monday is 0
  minute_of_day: (time) => 60 * time.getUTCHours() + time.getUTCMinutes(),
};

function numberOf(value, part) {
  if (value === null) return NaN;
  return part ? CALENDAR_PARTS[part](new Date(`${value}Z`)) : Number(value);
}

/** Return the model's two inputs for n rows, as `encode` in features.py does. */
function encode(rows, { numbers, categories }, Tensor) {
  const inputs = {};
  if (numbers.length) {
    const values = rows.flatMap((row) =>
      numbers.map(([column, part]) => numberOf(row[column], part)),
    );
    const shape = [rows.length, numbers.length];
    inputs.numbers = new Tensor("float32", Float32Array.from(values), shape);
  }
  if (categories.length) {
    const values = rows.flatMap((row) =>
      categories.map((column) => String(row[column] ?? MISSING)),
    );
    inputs.categories = new Tensor("string", values, [rows.length, categories.length]);
  }
  return inputs;
}

/** Return the answer for the model's output for one row, as `prediction` in task.py does. */
function prediction(output, rule, classes) {
  if (classes) {
    const probabilities = Object.fromEntries(classes.map((name, at) => [name, output[at]]));
    return { probabilities, decision: classes[output.indexOf(Math.max(...output))] };
  }
  if ("threshold" in rule) {
    const [threshold, probability] = [rule.threshold, output[1]];
    return { probability, decision: probability >= threshold, threshold };
  }
  const [value, half] = [output[0], rule.half_width];
  return { value, low: value - half, high: value + half, coverage: rule.coverage };
}

/** Return what the page shows of the model, the JSON Schema of a row, and `ask`, as api.js does. */
export async function open() {
  if (typeof WebAssembly === "undefined") {
    const need = "This page runs the model in your browser, which needs WebAssembly.";
    throw new Error(`${need} Your browser does not have it, or it is turned off.`);
  }
  const there = (path) => new URL(`../${path}`, import.meta.url).href;
  const load = async (name) => (await fetch(there(`model/${name}.json`))).json();
  const ort = await import("../onnxruntime/ort.wasm.bundle.min.mjs");
  ort.env.wasm.numThreads = 1;
  const [session, about, schema, features, metadata, reference] = await Promise.all([
    ort.InferenceSession.create(there("model/model.onnx")),
    ...["about", "row", "features", "metadata", "reference"].map(load),
  ]);
  const columns = Object.keys(schema.properties);

  async function run(rows) {
    const name = session.outputNames.at(-1);
    const { data } = (await session.run(encode(rows, features, ort.Tensor), [name]))[name];
    const width = data.length / rows.length;
    return rows.map((_, at) => Array.from(data.slice(at * width, (at + 1) * width)));
  }

  async function ask(row) {
    const variants = columns.map((name) => ({ ...row, [name]: reference.columns[name].typical }));
    const [output, ...others] = await run([row, ...variants]);
    const answer = prediction(output, metadata.rule, features.classes);
    const shown = "threshold" in metadata.rule ? 1 : output.indexOf(Math.max(...output));
    const contributions = columns.map((column, at) => ({
      column,
      typical: reference.columns[column].typical,
      effect: output[shown] - others[at][shown],
    }));
    contributions.sort((one, other) => Math.abs(other.effect) - Math.abs(one.effect));
    const isUnseen = (name) => row[name] !== null && !about.categories[name].includes(row[name]);
    return {
      prediction: {
        ...answer,
        unseen: features.categories.filter(isUnseen),
        model_version: about.version,
      },
      contributions,
    };
  }
  return { about, schema, ask };
}
