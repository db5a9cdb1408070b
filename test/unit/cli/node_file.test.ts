import {
  type NodeFile,
  readNodeFile,
  removeNodeFile,
  writeNodeFile,
} from "../../../src/cli/node_file.ts";
import type { SkerryError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { MemoryDisk } from "../../support/memory_disk.ts";

const node: NodeFile = {
  v: 1,
  pid: 42,
  network: "dev",
  publicKey: "k",
  nodeId: "n",
  listening: "skerry://k@127.0.0.1:4000",
  gateway: "http://127.0.0.1:8080",
  admin: "http://127.0.0.1:9999",
  adminToken: "0".repeat(64),
  version: "1.2.3",
  startedMs: 1,
};

test("what is written is read back, and gone once removed", async () => {
  const files = new MemoryDisk();
  expect(await readNodeFile("/d", files)).toBeUndefined();
  await writeNodeFile("/d", node, files);
  expect(await readNodeFile("/d", files)).toEqual(node);
  expect([...files.files.keys()]).toEqual(["/d/node.json"]);
  await removeNodeFile("/d", files);
  expect(await readNodeFile("/d", files)).toBeUndefined();
});

test("a damaged file is no running node", async () => {
  const files = new MemoryDisk();
  const whole = JSON.stringify(node);
  for (const text of ["", "{", "[]", whole.slice(0, 50), whole.replace('"v":1', '"v":2')]) {
    files.set("/d/node.json", text);
    const error = await readNodeFile("/d", files).catch((error: unknown) => error as SkerryError);
    expect((error as SkerryError).code).toBe("NO_RUNNING_NODE");
    expect((error as SkerryError).message).toContain("/d/node.json");
  }
});
