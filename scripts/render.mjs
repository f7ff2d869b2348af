// Render a README as GitHub does: node render.mjs README.md OUT.html  (run in a folder with the npm packages)
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { marked } from "marked";

const [source, target] = process.argv.slice(2);
const modules = pathToFileURL(resolve("node_modules"));
const diagram = { code: ({ text, lang }) => (lang === "mermaid" ? `<pre class="mermaid">${text}</pre>` : false) };
marked.use({ gfm: true, renderer: diagram });
writeFileSync(target, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><base href="${pathToFileURL(dirname(resolve(source)))}/">
<link rel="stylesheet" href="${modules}/github-markdown-css/github-markdown.css">
<style>.markdown-body { max-width: 880px; margin: 0 auto; padding: 32px; }</style></head>
<body class="markdown-body">${marked.parse(readFileSync(source, "utf8"))}
<script src="${modules}/mermaid/dist/mermaid.min.js"></script>
<script>
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
mermaid.initialize({ startOnLoad: false, theme: dark ? "dark" : "default" });
mermaid.run().then(() => document.body.setAttribute("data-ready", ""));
</script></body></html>
`);
