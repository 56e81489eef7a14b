// What the top level of a plugin does that would be frozen into it: it runs once, when the plugin is built.

let mistakes = [];
let warnings = [];

/**
 * Lets the SDK tell what the top level asks for.
 *
 * @param stackOf the stack of an error, with the author's files as they are in the project
 */
export function loading(stackOf) {
  globalThis.__driftless_loading = (what) => {
    const error = new Error(what);
    const frames = stackOf(error).split("\n").slice(1);
    // The innermost is the one that called it.
    const place = /\(?([^\s()]+:\d+:\d+)\)?$/.exec(frames.find((frame) => !frame.includes("/src/component.js")) ?? "")?.[1];
    const at = place ? `${place}: ` : "";
    if (what.startsWith("console.")) {
      warnings.push(`${at}\`${what}\` at the top of a module is heard by nobody, since it runs once, when the plugin is built; call it inside of \`run\``);
      return;
    }
    const isClock = /Date|performance/.test(what);
    if (isClock && place?.includes("node_modules/")) {
      warnings.push(`${at}\`${what}\` at the top of a module is the beginning of 1970 for as long as the plugin exists, so that each build of it is the same`);
      return;
    }
    const effect = isClock || /random|crypto/i.test(what) ? "what it finds would stay the same for ever" : "nothing would come of it";
    const why = `\`${what}\` at the top of a module: it runs once, when the plugin is built, and ${effect}`;
    const advice = place?.includes("node_modules/")
      ? "load the package when it is needed, with `await import(…)` inside of `run`"
      : "call it inside of `run`";
    mistakes.push(`${at}${why}; ${advice}`);
    throw error;
  };
}

/** What was asked for: `{ text, warnings }`, each if there is something. */
export function frozen() {
  const text = mistakes.length > 0 ? `it fails while it is loaded:\n${mistakes.join("\n")}` : undefined;
  return text || warnings.length > 0 ? { text, warnings: warnings.join("\n") } : undefined;
}
