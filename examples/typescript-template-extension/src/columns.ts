// A table of text.

export type Row = Record<string, unknown>;

export interface Layout {
  /** Which keys, in which order; all of them in the order of the rows if it is left out. */
  keys?: string[] | undefined;
  /** Whether the keys stand above. */
  header: boolean;
  /** How many spaces stand between two columns. */
  gap: number;
}

/** A line for each row, with columns as wide as their widest cell. Numbers stand to the right. */
export function columns(rows: Row[], { keys, header, gap }: Layout): string {
  const names = keys ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => names.map((name) => cell(row[name])));
  if (header) lines.unshift(names);
  const columnsOf = names.map((name, place) => ({
    width: Math.max(0, ...lines.map((line) => width(line[place] ?? ""))),
    isNumber: rows.length > 0 && rows.every((row) => typeof row[name] === "number"),
  }));
  return lines
    .map((line) =>
      columnsOf
        .map(({ width: wanted, isNumber }, place) => {
          const text = line[place] ?? "";
          const space = " ".repeat(wanted - width(text));
          return isNumber ? space + text : text + space;
        })
        .join(" ".repeat(gap))
        .trimEnd(),
    )
    .join("\n");
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "-";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** In characters, as far as a terminal shows each in one place. */
function width(text: string): number {
  return Array.from(text).length;
}
