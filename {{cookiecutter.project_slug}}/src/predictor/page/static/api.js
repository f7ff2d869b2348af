// The running service as a back end: it describes a row, and answers for it.

async function load(path, options) {
  const response = await fetch(path, options);
  return { status: response.status, content: await response.json() };
}

/** Return the texts of the page, the JSON Schema of a row, and `ask`, which answers for a row. */
export async function open() {
  const [{ content: openapi }, { status, content: about }] = await Promise.all([
    load("openapi.json"),
    load("about"),
  ]);
  if (status !== 200) throw new Error(about.detail);
  const body = openapi.paths["/predict"].post.requestBody.content["application/json"].schema;
  const schema = openapi.components.schemas[body.$ref.split("/").pop()];
  const path = "/explain" in openapi.paths ? "explain" : "predict";

  /** Return `prediction` and perhaps `contributions`, or `errors` if values are not possible. */
  async function ask(row) {
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(row),
    };
    const { status, content } = await load(path, options);
    const errors = content.errors ?? content.detail;
    if (status === 422)
      return { errors: errors.map(({ loc, msg }) => ({ column: loc[1], message: msg })) };
    if (status !== 200) throw new Error(content.detail);
    return path === "explain" ? content : { prediction: content };
  }
  return { about, schema, ask };
}
