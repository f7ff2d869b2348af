// The only module that knows where the model is: behind the service that sent this page.

let key = "";

/** A refusal with a sentence for the reader; `status` 0 means that nobody answered. */
export class Problem extends Error {
  constructor(status, detail, errors = [], retryAfter = 0) {
    super(detail);
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  /** Whether the same question may be answered a little later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Send this API key with every call; it is kept in the memory of the page alone. */
export function useKey(text) {
  key = text;
}

/** Return who answers: contract, typical values, statistics, and the result of the exam. */
export function loadModel() {
  return ask("model");
}

/** Return the answer for one row, and what each column contributes to it. */
export function explain(row, signal) {
  return ask("explain", {
    method: "POST",
    body: JSON.stringify(row),
    headers: { "Content-Type": "application/json" },
    signal,
  });
}

async function ask(path, options = {}) {
  const headers = key ? { ...options.headers, "X-API-Key": key } : options.headers;
  const response = await reach(path, { ...options, headers });
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new Problem(
    response.ok ? 502 : response.status,
    body?.detail ?? `The service answers with status ${response.status} and no sentence.`,
    body?.errors ?? [],
    Number(response.headers.get("Retry-After")) || 0,
  );
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The service cannot be reached.");
  }
}
