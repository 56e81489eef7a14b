// Messages for the user of the plugin.

import { log as write } from "#host";

import { show } from "./failure.js";
import { wellFormed } from "./text.js";

/** Something did not work. */
export function error(...message) {
  write("error", text(message));
}

/** Something may not be as intended. */
export function warn(...message) {
  write("warn", text(message));
}

/** What is going on. */
export function info(...message) {
  write("info", text(message));
}

/** For the author. */
export function debug(...message) {
  write("debug", text(message));
}

function text(message) {
  return wellFormed(message.map(show).join(" "));
}
