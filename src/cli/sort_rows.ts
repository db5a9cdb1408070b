import { didYouMean } from "../config/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type { Column } from "./table.ts";

/** A column that rows can be sorted by. */
export interface SortableColumn<Row> extends Column<Row> {
  /** What counts when sorting by it; undefined sorts last. */
  readonly key: (row: Row) => string | number | boolean | undefined;
}

/** Rows in the order of one column, by its head: numbers largest first, texts in code point order,
 * true before false, rows without a value last; equal rows keep their order.
 * @throws {SkerryError} INVALID_CONFIG if there is no such column, naming the didYouMean. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly SortableColumn<Row>[],
  by: string | undefined,
): readonly Row[] {
  if (by === undefined) return rows;
  const column = columns.find(({ head }) => head.toLowerCase() === by.toLowerCase());
  if (column === undefined) throw noSuchColumn(by, columns.map(({ head }) => head));
  return rows.toSorted((a, b) => compare(column.key(a), column.key(b)));
}

type Key = string | number | boolean | undefined;

function compare(a: Key, b: Key): number {
  if (a === undefined || b === undefined) {
    return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  }
  if (typeof a === "string") return a < String(b) ? -1 : a > String(b) ? 1 : 0;
  return Number(b) - Number(a);
}

function noSuchColumn(by: string, heads: readonly string[]): SkerryError {
  return new SkerryError(
    "INVALID_CONFIG",
    `There is no column ${JSON.stringify(by)} to sort by${didYouMean(by, heads)} ` +
      `(${heads.join(", ")})`,
  );
}
