/** One column: its head, how a row shows in it, and which side it leans to. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  /** Numbers lean right, so that their digits stand under one another. */
  readonly align?: "left" | "right";
}

const GAP = "  ";

/** Rows under their heads, aligned with spaces; one line per row, each ended by a line break.
 * Control characters from the network are shown as U+FFFD, so that no peer writes to a terminal. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.cell(row))));
  const widths = columns.map(({ head }, index) =>
    cells.reduce((width, row) => Math.max(width, widthOf(row[index] ?? "")), head.length)
  );
  const heads = columns.map((column) => column.head.toUpperCase());
  return [heads, ...cells].map((row) => formatRow(columns, row, widths)).join("");
}

function formatRow<Row>(
  columns: readonly Column<Row>[],
  cells: readonly string[],
  widths: readonly number[],
): string {
  const padded = cells.map((cell, index) => {
    const space = " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)));
    return columns[index]?.align === "right" ? space + cell : cell + space;
  });
  return `${padded.join(GAP).trimEnd()}\n`;
}

/** Name and value pairs, one per line, the values aligned. */
export function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = pairs.reduce((most, [name]) => Math.max(most, name.length), 0);
  return pairs.map(([name, value]) => `${name.padEnd(width)}${GAP}${printable(value)}\n`).join("");
}

const widthOf = (text: string): number => [...text].length;

/** `text` without control characters, bidirectional overrides included (Unicode TR 36 §3.4). */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "�");
}
