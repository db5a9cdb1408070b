import { keepPrivate } from "../../../src/cli/private_data.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("databases that others could read are theirs no more, and the log says so once", async () => {
  const { files } = new CliFixture();
  for (const name of ["ledger.db", "ledger.db-wal", "store/index.db", "store/0.seg"]) {
    files.set(`/d/${name}`, "");
    files.modes.set(`/d/${name}`, name === "store/index.db" ? 0o600 : 0o644);
  }
  const lines: unknown[] = [];
  const logger = {
    log: (...[level, event, fields]: unknown[]) => void lines.push([level, event, fields]),
  };
  await keepPrivate("/d", files, logger);
  await keepPrivate("/d", files, logger);
  expect([...files.modes.values()]).toEqual([0o600, 0o600, 0o600, 0o644]);
  const fields = expect.objectContaining({ files: "ledger.db ledger.db-wal" });
  expect(lines).toEqual([["info", "files_made_private", fields]]);
});

test("a database that is another user's is said to be, and the node runs", async () => {
  const lines: unknown[] = [];
  const refusing = {
    keepPrivate: (path: string) =>
      path === "/d/ledger.db"
        ? Promise.reject(new SkerryError("DISK_FAILED", "not yours"))
        : Promise.resolve(false),
  };
  await keepPrivate("/d", refusing, { log: (...all) => void lines.push(all) });
  expect(lines).toEqual([["warn", "file_not_private", { reason: "not yours" }]]);
});
