"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const STATES = [
  ["ported", "ported"], ["warnings", "ported with warnings"],
  ["partly", "partly ported"], ["refused", "refused"],
];
const byId = (id) => document.getElementById(id);

/** An element: its name and classes, as `div.a.b`, attributes, and what is in it. */
function make(what, attributes, ...inside) {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...inside.flat().filter((part) => part !== null && part !== undefined));
  return element;
}
const words = (state) => STATES.find(([key]) => key === state)[1];
const badge = (state) => make(`span.state.${state}`, {}, words(state));
const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

function bar(counts, label) {
  const parts = STATES.filter(([key]) => counts[key] > 0);
  const text = parts.map(([key, name]) => `${counts[key]} ${name}`).join(", ");
  return make("div.bar", { role: "img", "aria-label": `${label}: ${text}` },
    parts.map(([key, name]) => make(`i.${key}`, { style: `flex: ${counts[key]} 0 0`, title: `${counts[key]} ${name}` })));
}

// Totals
byId("made").textContent = `${plural(data.totals.sources.all, "source")} with ${plural(data.totals.programs.all, "program")}, by ${data.generator}`;
for (const [what, counts] of [["sources", data.totals.sources], ["programs", data.totals.programs]]) {
  byId("totals").append(make("ul.counts", { "aria-label": what },
    make("li", {}, make("b", {}, String(counts.all)), make("span", {}, what)),
    STATES.filter(([key]) => what === "sources" || key !== "partly")
      .map(([key, name]) => make(`li.${key}`, {}, make("b", {}, String(counts[key])), make("span", {}, name)))));
}
byId("totals").append(bar(data.totals.sources, "All sources"),
  make("div.legend", { "aria-hidden": "true" }, STATES.map(([key, name]) => make("span", {}, make(`i.${key}`), name))));

// The tree by state
let folder = null;
const folders = new Map();
for (const source of data.sources) {
  const parts = source.path.split("/").slice(0, -1);
  for (let depth = 0; depth <= parts.length; depth++) {
    const path = parts.slice(0, depth).join("/");
    const counts = folders.get(path) ?? { all: 0, ported: 0, warnings: 0, partly: 0, refused: 0, depth };
    counts.all++;
    counts[source.state]++;
    folders.set(path, counts);
  }
}
const most = Math.max(1, ...[...folders.values()].map((counts) => counts.all));
const rows = [...folders].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([path, counts]) => {
  const button = make("button.path", { type: "button", "aria-pressed": "false" }, path === "" ? "all" : path);
  button.addEventListener("click", () => {
    folder = folder === path || path === "" ? null : path;
    for (const other of byId("tree").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button && folder !== null));
    filter();
  });
  const shown = bar(counts, path === "" ? "All folders" : path);
  shown.style.width = `${(100 * counts.all) / most}%`;
  return make("tr", {},
    make("td", { style: `padding-left: ${counts.depth * 1.1}rem` }, button),
    make("td.bars", {}, shown),
    make("td.number", {}, String(counts.all)));
});
byId("tree").append(make("table", {},
  make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "folder"), make("th", { scope: "col" }, "by state"), make("th.number", { scope: "col" }, "sources"))),
  make("tbody", {}, rows)));

// What hinders
const hinders = new Map();
for (const source of data.sources) {
  for (const code of new Set(source.findings.filter((finding) => finding.error).map((finding) => `${finding.code} ${finding.name}`))) {
    hinders.set(code, (hinders.get(code) ?? 0) + 1);
  }
}
byId("hinders-section").hidden = hinders.size === 0;
byId("hinders").append(make("table", {},
  make("thead", {}, make("tr", {}, ["code", "what"].map((name) => make("th", { scope: "col" }, name)), make("th.number", { scope: "col" }, "sources"))),
  make("tbody", {}, [...hinders].sort((a, b) => b[1] - a[1]).map(([code, count]) => make("tr", {},
    make("td.path", {}, code.split(" ")[0]), make("td", {}, code.split(" ").slice(1).join(" ").replaceAll("-", " ")), make("td.number", {}, String(count)))))));

// User space
byId("user-section").hidden = data.user_space.length === 0;
byId("user").append(make("ul", {}, data.user_space.map((change) =>
  make("li", {}, make("code", {}, `${change.file}:${change.line}`), ` ${change.what}`))));

// Notes
byId("notes-section").hidden = data.notes.length === 0 && data.left_out.length === 0;
byId("notes").append(...data.notes.map((note) => make("li", {}, note)),
  ...data.left_out.map((source) => make("li", {}, make("code", {}, source.path), ` is left out: ${source.why}`)));

// Sources
const wanted = new Set(STATES.map(([key]) => key));
for (const [key, name] of STATES) {
  const box = make("input", { type: "checkbox", id: `state-${key}` });
  box.checked = true;
  box.addEventListener("change", () => {
    if (box.checked) wanted.add(key); else wanted.delete(key);
    filter();
  });
  byId("states").append(make("span", {}, box, " ", make("label", { for: `state-${key}` }, name)));
}
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("query").addEventListener("input", filter);

const items = data.sources.map((source, at) => {
  const details = make("details", { id: `source-${at}` },
    make("summary", {}, make("span.path", {}, source.path), badge(source.state),
      make("span.hint", { style: "margin: 0" }, plural(source.programs.length, "program")),
      source.reason ? make("span.reason", {}, source.reason) : null));
  details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) fill(details, source, at); });
  return details;
});
byId("list").append(...items);

function filter() {
  const query = byId("query").value.trim().toLowerCase();
  let shown = 0;
  data.sources.forEach((source, at) => {
    const text = `${source.path} ${source.object} ${source.programs.map((program) => program.name).join(" ")} ${source.findings.map((finding) => `${finding.code} ${finding.message}`).join(" ")}`.toLowerCase();
    const fits = wanted.has(source.state) && (folder === null || source.path.startsWith(`${folder}/`)) && text.includes(query);
    items[at].hidden = !fits;
    shown += fits;
  });
  byId("shown").textContent = `${shown} of ${plural(data.sources.length, "source")} shown`;
}
filter();

/** Writes what belongs to a source, once it is looked at. */
function fill(details, source, at) {
  const body = make("div.body");
  const say = (finding) => make(`li.finding.${finding.error ? "refused" : "warnings"}`, {},
    make("span.code-id", {}, finding.code), " ",
    finding.file ? make("code", {}, `${finding.file}:${finding.line}`) : null, finding.file ? " " : null,
    finding.message,
    finding.help ? make("small", {}, make("br"), `What to do: ${finding.help}`) : null,
    finding.notes.map((note) => make("small", {}, make("br"), note)));
  if (source.programs.length) {
    body.append(make("h3", {}, "Programs"), make("ul", {}, source.programs.map((program) => make("li", {},
      make("code", {}, program.name), " ", badge(program.state), " ", make("code", {}, program.section),
      program.findings.map((index) => source.findings[index]).filter(Boolean).map((finding) => make("small", {}, make("br"), `${finding.code}: ${finding.message}`))))));
  }
  if (source.findings.length) {
    body.append(make("h3", {}, "What was found, and what to do"), make("ul", {}, source.findings.map(say)));
  }
  const about = [`Taken because ${source.why}.`];
  if (source.settings.length) about.push(`Compiled as ${source.settings.join(", ")} says.`);
  body.append(make("p.hint", { style: "margin: 0.75rem 0 0" }, about.join(" ")));
  const { c, rust, links } = data.code[at];
  if (c !== null) {
    const sides = make("div.sides");
    const left = side("C", source.path, c, "c", at);
    sides.append(left.element);
    if (rust !== null) {
      const right = side("Rust", source.rust, rust, "rust", at);
      sides.append(right.element);
      join(left, right, links);
    }
    body.append(sides);
  }
  details.append(body);
}

const KEYWORDS = {
  c: /^(?:auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while|bool|true|false|NULL)$/,
  rust: /^(?:as|break|const|continue|crate|else|enum|extern|false|fn|for|if|impl|in|let|loop|match|mod|move|mut|pub|ref|return|self|Self|static|struct|super|true|type|union|unsafe|use|where|while|u8|u16|u32|u64|usize|i8|i16|i32|i64|isize|bool)$/,
};

/** The pieces of a line, coloured. `inside`: whether it begins in a comment. */
function colour(line, language, inside) {
  const parts = [];
  let rest = line;
  if (inside) {
    const end = rest.indexOf("*/");
    const comment = end < 0 ? rest : rest.slice(0, end + 2);
    parts.push(make("span.m", {}, comment));
    rest = rest.slice(comment.length);
    inside = end < 0;
  }
  const token = /\/\/.*|\/\*.*?(?:\*\/|$)|"(?:[^"\\]|\\.)*"|b?'(?:[^'\\]|\\.)'|\b\d\w*|[A-Za-z_]\w*|^\s*#\s*\w+/g;
  let last = 0;
  for (const match of rest.matchAll(token)) {
    const text = match[0];
    const kind = /^\/[/*]/.test(text) ? "m" : /^b?["']/.test(text) ? "s" : /^\d/.test(text) ? "n"
      : /^\s*#/.test(text) || KEYWORDS[language].test(text) ? "k" : null;
    if (text.startsWith("/*") && !text.endsWith("*/")) inside = true;
    if (kind === null) continue;
    parts.push(rest.slice(last, match.index), make(`span.${kind}`, {}, text));
    last = match.index + text.length;
  }
  parts.push(rest.slice(last));
  return [parts, inside];
}

/** One side: a listing that is moved in by the arrow keys. */
function side(title, path, text, language, at) {
  const lines = text.replace(/\n$/, "").split("\n");
  let inside = false;
  const rows = lines.map((line, index) => {
    const [parts, next] = colour(line, language, inside);
    inside = next;
    return make("div", {}, make("b", { "aria-hidden": "true" }, String(index + 1)), make("span", {}, parts));
  });
  const heading = make("h3", { id: `title-${language}-${at}` }, `${title} `, make("span.path", {}, path));
  const box = make("div.lines", { tabindex: "0", role: "region", "aria-labelledby": heading.id }, rows);
  return { element: make("div.side", {}, heading, box), box, rows, groups: new Map(), current: -1 };
}

/** Highlights lines that correspond. */
function join(left, right, links) {
  const sides = [left, right];
  links.forEach(([rustFirst, rustLast, cFirst, cLast], group) => {
    for (const [side, first, last] of [[left, cFirst, cLast], [right, rustFirst, rustLast]]) {
      for (let line = first; line <= last; line++) {
        const row = side.rows[line - 1];
        if (!row) continue;
        row.classList.add("linked");
        side.groups.set(line - 1, [...(side.groups.get(line - 1) ?? []), group]);
      }
    }
  });
  const rowsOf = (side, groups) => [...side.groups].filter(([, own]) => own.some((group) => groups.includes(group))).map(([line]) => line).sort((a, b) => a - b);
  const light = (side, line, scrolls) => {
    const groups = side.groups.get(line) ?? [];
    for (const each of sides) {
      each.rows.forEach((row) => row.classList.remove("on"));
      const lines = rowsOf(each, groups);
      lines.forEach((index) => each.rows[index].classList.add("on"));
      if (each !== side && scrolls && lines.length) {
        const row = each.rows[lines[0]];
        each.box.scrollTop = row.offsetTop - each.box.offsetTop - each.box.clientHeight / 3;
      }
    }
  };
  const go = (side, line) => {
    side.rows[side.current]?.classList.remove("current");
    side.current = Math.max(0, Math.min(line, side.rows.length - 1));
    const row = side.rows[side.current];
    row.classList.add("current");
    row.scrollIntoView({ block: "nearest" });
    light(side, side.current, true);
  };
  sides.forEach((side, number) => {
    side.rows.forEach((row, line) => {
      row.addEventListener("mouseenter", () => light(side, line, false));
      row.addEventListener("click", () => go(side, line));
    });
    side.box.addEventListener("focus", () => { if (side.current < 0) go(side, Math.min(...side.groups.keys(), side.rows.length - 1)); });
    side.box.addEventListener("keydown", (event) => {
      const page = Math.max(1, Math.floor(side.box.clientHeight / 20) - 1);
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key in steps) {
        go(side, side.current + steps[event.key]);
      } else if (event.key === (number === 0 ? "ArrowRight" : "ArrowLeft")) {
        const other = sides[1 - number];
        const lines = rowsOf(other, side.groups.get(side.current) ?? []);
        other.box.focus();
        if (lines.length) go(other, lines[0]);
      } else {
        return;
      }
      event.preventDefault();
    });
  });
}
