import { lockData } from "../../../src/cli/data_lock.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { lockingSqlite } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("a lock is held by one at a time, per name and directory", () => {
  const openSqlite = lockingSqlite();
  const first = lockData("/d", "node", openSqlite, "pid 7 runs there");
  expect(() => lockData("/d", "node", openSqlite, "pid 7 runs there")).toThrow(
    "The data directory /d is in use: pid 7 runs there",
  );
  lockData("/d", "identity", openSqlite, "");
  lockData("/other", "node", openSqlite, "");
  first.release();
  lockData("/d", "node", openSqlite, "");
});

test("a disk that refuses is not mistaken for another holder", () => {
  const openSqlite = () => {
    throw new SkerryError("DISK_FAILED", "read-only");
  };
  expect(() => lockData("/d", "node", openSqlite, "somebody")).toThrow(
    "Cannot write in the data directory /d: read-only. It has to be this user's",
  );
});
