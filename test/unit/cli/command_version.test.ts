import { runVersion } from "../../../src/cli/command_version.ts";
import { CliFixture, MemoryHost } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("version names all four parts, as text and as JSON", async () => {
  const host = new MemoryHost();
  expect(await runVersion({ host }, { command: "version" }, {})).toBe(0);
  expect(host.stdout.text).toBe("skerry 1.2.3 (commit 0123456789ab, bun 9.9.9, linux-x64)\n");
  const fixture = new CliFixture();
  expect(await fixture.run("version", "--json")).toBe(0);
  expect(JSON.parse(fixture.out)).toEqual(host.version);
});

test("it answers even where everything is misconfigured", async () => {
  const fixture = new CliFixture();
  fixture.host.environment = { SKERRY_UDP: "nonsense" };
  expect(await fixture.run("version")).toBe(0);
  expect(await fixture.run("status")).toBe(2);
});
