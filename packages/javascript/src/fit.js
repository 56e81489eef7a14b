// Whether a value fits a schema, as far as a plugin has to know: the host has checked a configuration against the whole schema before the
// plugin sees it. This is for what reaches a plugin otherwise: arguments in templates, entries, and calls in tests.

import { Failure } from "./failure.js";

const WANTED = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "a boolean",
  object: "an object",
  array: "an array",
  null: "null",
};

/**
 * The value, with the defaults of the schema where it leaves something out.
 *
 * It looks at `type`, `enum`, `const`, `minimum`, `maximum`, `properties`, `required`, `additionalProperties`, `items` and `anyOf`.
 *
 * @throws {Failure} that says what does not fit, and in which field
 */
export function fit(schema, value, field = "") {
  const no = (why) => {
    throw new Failure(field ? `\`${field}\`: ${why}` : why);
  };
  if (typeof schema !== "object" || schema === null) return value;
  if (schema.anyOf) return fitAny(schema.anyOf, value, field);
  if (schema.type !== undefined) {
    const types = [schema.type].flat();
    if (!types.some((type) => isA(type, value))) {
      no(`invalid type: ${describe(value)}, expected ${types.map((type) => WANTED[type] ?? type).join(" or ")}`);
    }
  }
  if (schema.enum && !schema.enum.some((known) => same(known, value))) {
    no(`unknown variant ${quote(value)}, expected ${anyOf(schema.enum)}`);
  }
  if ("const" in schema && !same(schema.const, value)) no(`it is not ${JSON.stringify(schema.const)}`);
  if (typeof value === "number") {
    if (value < schema.minimum) no(`${value} is less than ${schema.minimum}`);
    if (value > schema.maximum) no(`${value} is more than ${schema.maximum}`);
  }
  if (Array.isArray(value)) {
    return schema.items ? value.map((item, place) => fit(schema.items, item, `${field}[${place}]`)) : value;
  }
  if (typeof value === "object" && value !== null) return fitObject(schema, value, field, no);
  return value;
}

function fitAny(schemas, value, field) {
  const failures = [];
  for (const schema of schemas) {
    try {
      return fit(schema, value, field);
    } catch (failure) {
      failures.push(failure);
    }
  }
  // The first is what the author thought of first.
  throw failures[0];
}

function fitObject(schema, value, field, no) {
  const properties = schema.properties ?? {};
  const inside = (name) => (field ? `${field}.${name}` : name);
  const fitted = {};
  for (const [name, given] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) put(fitted, name, fit(properties[name], given, inside(name)));
    else if (schema.additionalProperties === false) no(`unknown field \`${name}\`, ${expected(Object.keys(properties))}`);
    else put(fitted, name, fit(schema.additionalProperties, given, inside(name)));
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!Object.hasOwn(fitted, name) && property && "default" in property) put(fitted, name, structuredClone(property.default));
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(fitted, name)) no(`missing field \`${name}\``);
  }
  return fitted;
}

/** `__proto__` is a key like any other in JSON, and none that may be assigned to. */
function put(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function isA(type, value) {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function same(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function describe(value) {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "sequence";
  if (typeof value === "string") return `string ${JSON.stringify(value)}`;
  if (typeof value === "boolean") return `boolean \`${value}\``;
  if (typeof value === "number") return `${Number.isInteger(value) ? "integer" : "floating point"} \`${value}\``;
  return "map";
}

function quote(value) {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function anyOf(values) {
  const quoted = values.map(quote);
  return quoted.length === 2 ? quoted.join(" or ") : `${quoted.length > 2 ? "one of " : ""}${quoted.join(", ")}`;
}

function expected(names) {
  return names.length === 0 ? "there are no fields" : `expected ${anyOf(names)}`;
}
