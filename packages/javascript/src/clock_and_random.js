// The clock and the random numbers, which every plugin has.

import { getRandom, getTimestamp } from "#host";

/** The time, in whole seconds since 1970. */
export function timestamp() {
  return Number(getTimestamp());
}

/** 64 unpredictable bits, as a BigInt. */
export function random() {
  return BigInt.asUintN(64, getRandom());
}
