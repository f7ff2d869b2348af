// Elements from data. Text is only ever set as text, so a column called "<img>" stays a name.

/** Return an element with properties, attributes (dashed names and `role`) and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** Return the element of index.html with this id. */
export function at(id) {
  return document.getElementById(id);
}

/** Return the share (0 to 1) of a track, as a filled bar for the eye alone. */
export function bar(share, ...marks) {
  const fill = element("span", { className: "fill" });
  fill.style.width = percent(share);
  return element("span", { className: "track", "aria-hidden": "true" }, fill, ...marks);
}

/** Return a mark of a class at a share (0 to 1) of a track. */
export function mark(className, share) {
  const made = element("span", { className });
  made.style.left = percent(share);
  return made;
}

/** Return a share as a length for a style. */
export function percent(share) {
  return `${100 * Math.min(1, Math.max(0, share))}%`;
}
