// The arguments of a template extension: `{{ 5 | f(1, unit="m") }}`.

import { Failure } from "./failure.js";
import { fit } from "./fit.js";
import { readExactly } from "./json.js";

/** The two forms of a list of arguments. */
const LIST = {
  type: ["array", "object"],
  properties: { positional: { type: "array", default: [] }, keyword: { type: "object", default: {} } },
  additionalProperties: false,
};

/**
 * The arguments in the order of their definitions, each with its default where it is left out.
 *
 * @param definitions `[{ name, optional?, …schema }]`
 * @param json `args_json` of the protocol: an array, or an object of `positional` and `keyword`; an empty text is no arguments
 */
export function readArguments(definitions, json) {
  const { positional, keyword } = split(json.trim() === "" ? [] : readExactly("its list of arguments", json));
  const names = definitions.map(({ name }) => name);
  const taken = definitions.map((definition, place) => {
    const byPlace = place < positional.length;
    const byName = Object.hasOwn(keyword, definition.name);
    if (byPlace && byName) throw new Failure(`the argument \`${definition.name}\` is given twice`);
    if (byPlace || byName) return take(definition, byPlace ? positional[place] : keyword[definition.name]);
    if ("default" in definition) return structuredClone(definition.default);
    if (definition.optional) return undefined;
    throw new Failure(`the argument \`${definition.name}\` is missing`);
  });
  const known = names.length === 0 ? "it takes none" : `it takes: ${names.join(", ")}`;
  const unknown = Object.keys(keyword).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Failure(`there is no argument \`${unknown}\`; ${known}`);
  if (positional.length > names.length) throw new Failure(`there are too many arguments; ${known}`);
  return taken;
}

function take(definition, value) {
  if (value === null && definition.optional) return undefined;
  try {
    return fit(definition, value);
  } catch (failure) {
    throw new Failure(`the argument \`${definition.name}\` does not fit: ${failure.message}`);
  }
}

function split(given) {
  let fitted;
  try {
    fitted = fit(LIST, given);
  } catch (failure) {
    throw new Failure(`its list of arguments does not fit: ${failure.message}`);
  }
  return Array.isArray(fitted) ? { positional: fitted, keyword: {} } : fitted;
}
