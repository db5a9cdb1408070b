import { createHash } from "node:crypto";
import { type ChunkId, fromHex } from "../../../../src/lib/mod.ts";
import {
  DENY_BYTES_MAX,
  denylistFault,
  readDenylists,
} from "../../../../src/node/denial/denylist_files.ts";
import { expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";

const A = "aa".repeat(20);
const B = "bb".repeat(20);
const key = (hex: string): ChunkId => fromHex(hex) as ChunkId;

const faultOf = (files: MemoryFiles, ...paths: string[]): Promise<string> =>
  readDenylists(paths, files).then(() => "none", denylistFault);

test("files count in their order, each with its own header", async () => {
  const first = `version: 1\nhints:\n  gateway_status: 451\n---\n/file/${A}\r\n\r\n/file/${B}\n`;
  const second = `# mine\n!/file/${B}`;
  const files = new MemoryFiles({ "/1": first, "/2": second });
  const { list, files: told } = await readDenylists(["/1", "/2"], files);
  expect([list.ofBytes([key(A)]), list.ofBytes([key(B)])]).toEqual([451, undefined]);
  const sha256 = createHash("sha256").update(first).digest("hex");
  expect(told[0]).toEqual({ path: "/1", rules: 2, sha256 });
  expect(told[1]?.rules).toBe(1);
  expect(files.openCount).toBe(0);
});

test("lines that are no rules are told by number, the first five of them", async () => {
  const bad = Array.from({ length: 7 }, () => "x").join("\n");
  const files = new MemoryFiles({ "/bad": `version: 1\n---\n/file/${A}\n${bad}\n` });
  const fault = await faultOf(files, "/bad");
  expect(fault).toStartWith("The denylist /bad cannot be used: line 4 is no rule");
  expect(fault).toContain("line 8 is no rule");
  expect(fault).not.toContain("line 9");
  expect(fault).toEndWith("; and 2 more");
});

test("a header of another version, and bytes that are no text, are faults", async () => {
  const bytes = new Uint8Array([0xff, 0xfe, 10]);
  const files = new MemoryFiles({ "/h": "version: 2\n---\n", "/b": bytes });
  expect(await faultOf(files, "/h")).toContain("its header names version 2");
  expect(await faultOf(files, "/b")).toContain("line 1 is not UTF-8");
  expect(await faultOf(files, "/none")).toContain("/none");
});

test("what is too long is refused before it is read", async () => {
  const huge = {
    openRead: () =>
      Promise.resolve({
        size: DENY_BYTES_MAX + 1,
        read: () => Promise.reject(new Error("must not be read")),
        close: () => Promise.resolve(),
      }),
  };
  const fault = await readDenylists(["/huge"], huge).then(() => "none", denylistFault);
  expect(fault).toContain("too long");
});
