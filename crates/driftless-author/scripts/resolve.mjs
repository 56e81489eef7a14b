// Finds `@driftless/plugin-sdk` beside itself. See register.mjs.

import { readFileSync } from "node:fs";

const SDK = "@driftless/plugin-sdk";
const folder = new URL("./sdk/javascript/", import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));

export async function resolve(specifier, context, next) {
  if (specifier !== SDK && !specifier.startsWith(`${SDK}/`)) return next(specifier, context);
  try {
    return await next(specifier, context);
  } catch (failure) {
    const entry = exports["." + specifier.slice(SDK.length)];
    if (!entry) throw failure;
    return next(new URL(entry.default ?? entry, folder).href, context);
  }
}
