import { LOOPBACK_DEFAULTS } from "../../../src/bench/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("bench is in no help, and takes only what it knows", async () => {
  const fixture = new CliFixture();
  expect(await fixture.run("--help")).toBe(0);
  expect(fixture.out).not.toContain("bench");
  expect(await fixture.run("bench", "--nonsense")).toBe(2);
});

test("an end with a scenario that is none fails with the scenario in the sentence", async () => {
  const fixture = new CliFixture();
  const wrong = JSON.stringify({ ...LOOPBACK_DEFAULTS, chunks: 0 });
  expect(await fixture.run("bench", "--serve", wrong)).toBe(1);
  expect(fixture.err).toContain(`not a scenario: ${wrong}`);
});
