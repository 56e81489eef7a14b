// Finds in a bundle what a plugin does not have, and says where the author has written it.

const PREFIX = "__driftless_missing_";

/** It is there, and works only without a delay. */
const TIMER = "setTimeout";

/** What esbuild is to write for each global that is missing. It knows which names are the global ones. */
export function unavailable({ GLOBALS }) {
  return { define: Object.fromEntries([...Object.keys(GLOBALS), TIMER].map((name) => [name, `${PREFIX}${name}`])) };
}

/** What node is to have under such a name, since it is there in a plugin. */
export function provide() {
  globalThis[`${PREFIX}${TIMER}`] = (...given) => globalThis[TIMER](...given);
}

/** Methods that do less than an author may think. What they are called on is not known, so these are told and not refused. */
const METHODS = [
  {
    pattern: /\.(localeCompare)\(/g,
    text: "`localeCompare` compares code units here, since the engine has no data about languages: `Z` comes before `a`, and `ä` behind `z`",
  },
  {
    pattern: /\.(toLocaleString|toLocaleDateString|toLocaleTimeString|toLocaleUpperCase|toLocaleLowerCase)\([^)\s]/g,
    text: (name) => `\`${name}\` leaves its arguments out of account, since the engine has no data about languages`,
  },
  { pattern: /\.(normalize)\((?:"NFK?[CD]")?\)/g, text: (_, { NO_NORMALIZATION }) => NO_NORMALIZATION },
];

/**
 * All that is found in the author's own files: `{ place, text, works }`, in the order of the places. What `works` is there, and does less than it does
 * elsewhere. Packages are left out: many ask before they use something.
 *
 * @param original from a place in the bundle to one in a source, or `undefined`
 */
export function search(code, missing, original) {
  const lines = lineStarts(code);
  const found = [];
  const asked = new Set();
  const add = (index, text, works) => {
    const place = original(placeAt(lines, index));
    if (!place || /(^|\/)node_modules\/|^@driftless\/plugin-sdk\/|^\.\.\//.test(place.source) || place.source === "driftless-entry.js") return undefined;
    found.push({ place, text, works });
    return found.at(-1);
  };
  for (const match of code.matchAll(new RegExp(`(typeof )?\\b${PREFIX}(\\w+)`, "g"))) {
    const [whole, asks, name] = match;
    const index = match.index + whole.length - PREFIX.length - name.length;
    if (name === TIMER) {
      if (waits(code, index + PREFIX.length + name.length)) add(index, missing.NO_DELAY, false);
      continue;
    }
    const known = add(index, missing.insteadOfGlobal(name), false);
    if (!known) continue;
    known.name = name;
    if (asks) asked.add(`${known.place.source} ${name}`);
  }
  for (const match of code.matchAll(/\bnew RegExp\((?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`), ?"([a-z]*)"\)/g)) {
    const [, quoted, template, flags] = match;
    if (/[uv]/.test(flags) && /\\\\[pP]\{/.test(quoted ?? template)) add(match.index, missing.NO_PROPERTIES, false);
  }
  for (const { pattern, text } of METHODS) {
    for (const match of code.matchAll(pattern)) {
      add(match.index + 1, typeof text === "function" ? text(match[1], missing) : text, true);
    }
  }
  const counts = found.filter(({ place, name }) => !name || !asked.has(`${place.source} ${name}`));
  const order = (a, b) => a.place.source.localeCompare(b.place.source) || a.place.line - b.place.line || a.place.column - b.place.column;
  return counts.sort(order);
}

/** Whether a call of the timer that goes on here has a delay that is not zero. A use that is no call is told when it runs. */
function waits(code, at) {
  if (code[at] !== "(") return false;
  const parts = [""];
  let depth = 0;
  for (const [token] of code.slice(at).matchAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|[^]/g)) {
    if (/^[)\]}]$/.test(token) && --depth === 0) break;
    if (token === "," && depth === 1) parts.push("");
    else if (depth > 0) parts[parts.length - 1] += token;
    if (/^[([{]$/.test(token)) depth++;
  }
  const delay = parts[1]?.trim() ?? "";
  return !["", "0", "void 0", "undefined"].includes(delay);
}

function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function placeAt(starts, index) {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= index) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: index - starts[low] + 1 };
}
