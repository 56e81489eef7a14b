// What every host offers every plugin, beyond messages.

import { getRandom, getTimestamp } from "#host";

/** The time, in whole seconds since 1970. */
export function timestamp() {
  return Number(getTimestamp());
}

/** 64 bits that nobody can predict, as a BigInt. */
export function random() {
  return BigInt.asUintN(64, getRandom());
}
