// What was probably meant by a name that is not there.

/** `; did you mean …?` with the name that differs least, or nothing where none is near. */
export function didYouMean(name, known) {
  const near = known.map((other) => [distance(name, other), other]).sort(([a], [b]) => a - b)[0];
  return near && near[0] <= Math.max(1, Math.floor(name.length / 3)) ? `; did you mean \`${near[1]}\`?` : "";
}

/** How many letters have to be added, left out, or replaced. */
function distance(from, to) {
  let above = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let at = 1; at <= to.length; at++) {
      const replaced = above[at - 1] + (from[row - 1] === to[at - 1] ? 0 : 1);
      line.push(Math.min(above[at] + 1, line[at - 1] + 1, replaced));
    }
    above = line;
  }
  return above[to.length];
}
