import { WORKER_COMMAND } from "../../../src/front/mod.ts";
import type { WorkerPorts } from "../../../src/cli/host.ts";
import { EXIT } from "../../../src/cli/exit_codes.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("a worker works until its parent goes, whatever signals come", async () => {
  const fixture = new CliFixture();
  let gone = (): void => {};
  const parent = {
    send: () => {},
    onMessage: () => {},
    onGone: (handler: () => void) => void (gone = handler),
  };
  fixture.doors = { ...fixture.doors, workers: { parent } as unknown as WorkerPorts };
  let isOver = false;
  const running = fixture.run(WORKER_COMMAND).finally(() => isOver = true);
  fixture.host.signal("SIGTERM");
  await Promise.resolve();
  expect(isOver).toBe(false);
  gone();
  expect(await running).toBe(EXIT.done);
});

test("nobody types that command", async () => {
  const fixture = new CliFixture();
  expect(await fixture.run(WORKER_COMMAND)).toBe(EXIT.wrongUsage);
  expect(fixture.host.stderr.text).toContain("unknown command");
});
