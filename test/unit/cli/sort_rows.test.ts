import { type SortableColumn, sortRows } from "../../../src/cli/sort_rows.ts";
import { expect, test } from "../../support/harness.ts";

interface Row {
  name: string;
  rtt: number | undefined;
  pinned: boolean;
}
const columns: SortableColumn<Row>[] = [
  { head: "name", cell: String, key: (row) => row.name },
  { head: "rtt", cell: String, key: (row) => row.rtt },
  { head: "pinned", cell: String, key: (row) => row.pinned },
];
const rows: Row[] = [
  { name: "b", rtt: undefined, pinned: false },
  { name: "c", rtt: 2, pinned: true },
  { name: "a", rtt: 10, pinned: false },
];
const order = (by: string | undefined): string =>
  sortRows(rows, columns, by).map(({ name }) => name).join("");

test("numbers largest first, texts upwards, true first, nothing last", () => {
  expect(order(undefined)).toBe("bca");
  expect(order("name")).toBe("abc");
  expect(order("RTT")).toBe("acb");
  expect(order("pinned")).toBe("cba");
});

test("an unknown column names the nearest", () => {
  expect(() => order("nmae")).toThrow("did you mean name? (name, rtt, pinned)");
});
