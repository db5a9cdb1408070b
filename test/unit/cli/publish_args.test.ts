import { parseArgs } from "../../../src/cli/args.ts";
import { readPublish, readUnpublish } from "../../../src/cli/publish_args.ts";
import { expect, test } from "../../support/harness.ts";

function parsed(...argv: string[]) {
  const found = parseArgs(["publish", ...argv]);
  return found.kind === "request" ? found.request : found.kind === "wrong" ? found.message : "help";
}

test("hosts are ordered for one path, for a week unless told otherwise", () => {
  expect(parsed("a", "--hosts", "3", "--budget", "1MiB"))
    .toMatchObject({ hosting: { hosts: 3, weeks: 1, budgetCb: 1_048_576n } });
  expect(parsed("a", "--hosts=16", "--budget=9", "--weeks=52"))
    .toMatchObject({ hosting: { hosts: 16, weeks: 52, budgetCb: 9n } });
});

test("a budget is never left open, and never spent twice", () => {
  expect(parsed("a", "--hosts", "3")).toContain("--hosts N needs --budget B");
  expect(parsed("a", "b", "--hosts", "3", "--budget", "9")).toContain("takes one PATH");
  for (const flag of ["--weeks=2", "--budget=9"]) {
    expect(parsed("a", flag)).toContain("go with --hosts N");
  }
  expect(parsed("a", "--hosts", "17", "--budget", "9")).toContain("from 1 to 16");
  expect(parsed("a", "--hosts", "1", "--budget", "0")).toContain("credit bytes above 0");
});

test("list shows what is published, unpublish META ends it; a file of that name is ./list", () => {
  expect(parsed("list")).toEqual({ command: "publications" });
  expect(parsed("./list")).toMatchObject({ command: "publish", paths: ["./list"] });
  expect(parsed("list", "x")).toMatchObject({ command: "publish", paths: ["list", "x"] });
  expect(readUnpublish({}, ["x"])).toEqual({ command: "unpublish", meta: "x" });
});

test("status META asks where something lies; a file of that name is ./status", () => {
  expect(parsed("status", "b".repeat(52))).toEqual({ command: "placement", meta: "b".repeat(52) });
  expect(parsed("./status", "x")).toMatchObject({ command: "publish", paths: ["./status", "x"] });
  expect(parsed("status")).toContain("status of what? Give META");
  expect(() => readPublish({}, ["status"])).toThrow("./status");
});

test("an empty PATH is no word for the directory that one stands in", () => {
  expect(parsed("")).toContain('PATH is empty; "." is this directory');
  expect(parsed("a", "")).toContain("PATH is empty");
  expect(parsed(".")).toMatchObject({ command: "publish", paths: ["."] });
});
