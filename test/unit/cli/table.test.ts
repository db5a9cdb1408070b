import { type Column, formatPairs, formatTable, printable } from "../../../src/cli/table.ts";
import { expect, test } from "../../support/harness.ts";

interface Row {
  name: string;
  size: number;
}
const columns: Column<Row>[] = [
  { head: "name", cell: (row) => row.name },
  { head: "size", cell: (row) => String(row.size), align: "right" },
];

test("columns line up, numbers to the right, no space at the end", () => {
  const rows = [{ name: "a", size: 7 }, { name: "grüße", size: 12345 }];
  expect(formatTable(columns, rows)).toBe("NAME    SIZE\na          7\ngrüße  12345\n");
  expect(formatTable(columns, [])).toBe("NAME  SIZE\n");
});

test("formatPairs() aligns the values", () => {
  expect(formatPairs([["role", "user"], ["peers", "3"]])).toBe("role   user\npeers  3\n");
});

test("nothing from the network steers a terminal", () => {
  expect(printable("a\u001b[31mb\u202ec\nd")).toBe("a�[31mb�c�d");
  const rows = [{ name: "x\ny", size: 1 }];
  expect(formatTable(columns, rows).split("\n").length).toBe(3);
});
