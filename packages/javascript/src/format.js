// What `console.log` makes of its arguments.

import { show } from "./failure.js";

/** The arguments as one text; `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` and `%c` in the first stand for those behind it. */
export function format(values) {
  const [first, ...rest] = values;
  if (typeof first !== "string" || rest.length === 0 || !first.includes("%")) return values.map(show).join(" ");
  const text = first.replace(/%([sdifoOjc%])/g, (written, letter) => {
    if (letter === "%") return "%";
    if (rest.length === 0) return written;
    const value = rest.shift();
    if (letter === "c") return "";
    if (letter === "d" || letter === "f") return String(typeof value === "bigint" ? value : Number(value));
    if (letter === "i") return String(typeof value === "bigint" ? value : Math.trunc(Number(value)));
    return show(value);
  });
  return [text, ...rest.map(show)].join(" ");
}
