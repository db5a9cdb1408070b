import { printJson, reportFailure } from "../../../src/cli/output.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { MemoryHost } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("a failure is one sentence a line on stderr, without a stack", async () => {
  const host = new MemoryHost();
  const code = await reportFailure(host, new SkerryError("STORE_FULL", "No room\nNone"), false);
  expect(code).toBe(5);
  expect(host.stderr.text).toBe("skerry: No room\nskerry: None\n");
  expect(host.stdout.text).toBe("");
});

test("with --json the error is a document on stdout as well", async () => {
  const host = new MemoryHost();
  expect(await reportFailure(host, new SkerryError("NO_RUNNING_NODE", "None"), true)).toBe(4);
  expect(JSON.parse(host.stdout.text)).toEqual({
    error: { code: "NO_RUNNING_NODE", message: "None" },
  });
  expect(host.stderr.text).toBe("skerry: None\n");
});

test("a fault of ours says that it is one, and terminals stay safe", async () => {
  const host = new MemoryHost();
  expect(await reportFailure(host, new TypeError("x is \u001b[2J undefined"), true)).toBe(1);
  expect(host.stderr.text).toContain("internal error, please report it: TypeError: x is \ufffd[2J");
  expect(host.stderr.text).not.toContain(" at ");
  expect(JSON.parse(host.stdout.text).error.code).toBe("INTERNAL");
});

test("printJson() writes one line", async () => {
  const host = new MemoryHost();
  await printJson(host, { a: [1, "\n"] });
  expect(host.stdout.text).toBe('{"a":[1,"\\n"]}\n');
});
