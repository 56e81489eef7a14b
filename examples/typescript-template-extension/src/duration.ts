// Durations, in seconds and in words.

import { Failure } from "@driftless/plugin-sdk";

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

const SECONDS: Record<string, number> = { ...Object.fromEntries(UNITS), w: 604_800, ms: 0.001 };

/** `93784` as `1d 2h 3m 4s`. Units of which there are none are left out. */
export function formatDuration(seconds: number, parts: number): string {
  let rest = Math.round(Math.abs(seconds));
  const words: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    // Beyond the wanted precision, what is left is cut off.
    if (count > 0 && words.length < parts) words.push(`${count}${unit}`);
    rest -= count * size;
  }
  return (seconds < 0 ? "-" : "") + (words.join(" ") || "0s");
}

/**
 * `1h30m` as `5400`. A number alone is seconds.
 *
 * @throws {Failure} where it is no duration
 */
export function parseDuration(text: string): number {
  const compact = text.replaceAll(/\s/g, "");
  if (/^\d+(\.\d+)?$/.test(compact)) return Number(compact);
  if (!/^(\d+(\.\d+)?(ms|[wdhms]))+$/.test(compact)) {
    throw new Failure(`${JSON.stringify(text)} is no duration such as 1h30m; the units are w, d, h, m, s and ms`);
  }
  let seconds = 0;
  for (const [, count, , unit] of compact.matchAll(/(\d+(\.\d+)?)(ms|[wdhms])/g)) seconds += Number(count) * (SECONDS[unit ?? ""] ?? 0);
  return seconds;
}
