import { ensureMetricsToken } from "../../../src/cli/metrics_token.ts";
import { SkerryError, utf8 } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("the token is made once, private, and the same at every start", async () => {
  const { doors, files } = new CliFixture();
  const token = await ensureMetricsToken("/d", doors);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(await files.mode("/d/metrics.token")).toBe(0o600);
  expect(await ensureMetricsToken("/d", doors)).toBe(token);
  await files.replace("/d/metrics.token", utf8(`${"my-own_".repeat(5)}\r\n`));
  expect(await ensureMetricsToken("/d", doors)).toBe("my-own_".repeat(5));
});

test("a file that holds none is named, with the rule and the way out", async () => {
  const { doors, files } = new CliFixture();
  for (const bad of ["", "short", "x".repeat(31), `${"x".repeat(40)} y`, "ü".repeat(40)]) {
    await files.replace("/d/metrics.token", utf8(bad));
    const error = await ensureMetricsToken("/d", doors).catch((e: unknown) => e);
    expect((error as SkerryError).code).toBe("INVALID_CONFIG");
    expect((error as SkerryError).message).toContain("/d/metrics.token holds no token");
    expect((error as SkerryError).message).toContain("Remove it");
  }
});
