// Text that can be carried: as UTF-8, and as JSON that every reader takes. Half of a surrogate pair, which a cut through an emoji leaves, becomes
// U+FFFD, as `TextEncoder` does it.

/** The text with U+FFFD for each half of a pair that is alone. */
export function wellFormed(text) {
  // With `u`, a pair is one character and not in this range.
  return text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}

/** `JSON.stringify`, which writes half of a pair as an escape that other languages refuse. */
export function toJson(value) {
  // A backslash takes what follows it along, so that an escaped one begins nothing.
  return JSON.stringify(value)?.replace(/\\(?:(ud[89a-f][0-9a-f]{2})|.)/g, (escape, half) => (half ? "\ufffd" : escape));
}
