import { ensureKeptDefaults, readKeptDefaults } from "../../../src/cli/kept_defaults.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("the first run draws a port above 1024 and a store size; later runs keep them", async () => {
  const { doors, files } = new CliFixture();
  expect(await readKeptDefaults("/d", files)).toBeUndefined();
  files.freeBytes = 50 * 2 ** 30;
  const first = await ensureKeptDefaults("/d", "::", doors);
  expect(first.udpPort).toBeGreaterThan(1024);
  expect(first.storeBytes).toBe(5 * 2 ** 30);
  files.freeBytes = 2 ** 30;
  expect(await ensureKeptDefaults("/d", "::", doors)).toEqual(first);
  expect(await readKeptDefaults("/d", files)).toEqual(first);
});

test("a port that is taken is drawn again; when none is free, it says so", async () => {
  const { doors } = new CliFixture();
  const asked: number[] = [];
  let busy = 3;
  const { openSocket } = doors;
  const crowded = {
    ...doors,
    openSocket: ((bind, handlers) => {
      asked.push(bind.port);
      if (busy-- > 0) return Promise.reject(new SkerryError("ADDRESS_IN_USE", "taken"));
      return openSocket(bind, handlers);
    }) as typeof openSocket,
  };
  const kept = await ensureKeptDefaults("/d", "127.0.0.1", crowded);
  expect(asked.length).toBe(4);
  expect(kept.udpPort).toBe(asked[3] ?? 0);
  busy = Infinity;
  const none = ensureKeptDefaults("/e", "127.0.0.1", crowded).catch((e: unknown) => e);
  expect(((await none) as SkerryError).code).toBe("ADDRESS_IN_USE");
  expect(((await none) as SkerryError).message).toContain("--udp");
});

test("an address that is not ours is refused at once, a damaged file explained", async () => {
  const { doors, files } = new CliFixture();
  const foreign = {
    ...doors,
    openSocket: () => Promise.reject(new SkerryError("INVALID_CONFIG", "not ours")),
  };
  const refused = ensureKeptDefaults("/d", "192.0.2.1", foreign).catch((e: unknown) => e);
  expect(((await refused) as SkerryError).message).toBe("not ours");
  for (const text of ["", "{}", '{"v":1,"udpPort":80,"storeBytes":1}']) {
    files.set("/d/defaults.json", text);
    const damaged = readKeptDefaults("/d", files).catch((e: unknown) => e);
    expect(((await damaged) as SkerryError).message).toContain("/d/defaults.json is damaged");
  }
});
