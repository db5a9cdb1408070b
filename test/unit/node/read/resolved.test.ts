import { sha256 } from "../../../../src/crypto/mod.ts";
import { asStrongId } from "../../../../src/lib/mod.ts";
import { OPEN_GATE } from "../../../../src/node/denial/denylist.ts";
import { FileProver } from "../../../../src/node/read/file_proof.ts";
import type { FileReader } from "../../../../src/node/read/file_reader.ts";
import type { FileView } from "../../../../src/node/read/object_resolver.ts";
import { resolvedOf } from "../../../../src/node/read/resolved.ts";
import { describe, expect, test } from "../../../support/harness.ts";
import { noise, readAll } from "../../../support/small_swarm.ts";

const BYTES = noise(1_000, 1);
const BASE = {
  kind: "file",
  strongId: asStrongId(new Uint8Array(32)),
  roots: [],
  timings: { source: "local" },
  name: "n",
  mime: "m",
  fileRoot: undefined,
  encoding: "public",
} as const;

describe("resolvedOf", () => {
  test("an inline file is read from its manifest, and is always here", async () => {
    const view: FileView = {
      ...BASE,
      size: BYTES.length,
      contents: BYTES,
      chunkCount: 0,
      chunkEntry: () => Promise.reject(new Error("no chunks")),
    };
    const file = await resolvedOf(view, {
      reader: {} as FileReader,
      prover: new FileProver(),
      isHere: () => false,
      gate: OPEN_GATE,
    });
    if (file.kind !== "file") throw new Error("not a file");
    expect(file.isLocal).toBe(true);
    expect(await readAll(file, 10, 20)).toEqual(BYTES.subarray(10, 20));
    expect(await readAll(file, 5, 5)).toEqual(new Uint8Array());
    await expect(readAll(file, 0, 1_001)).rejects.toThrow(RangeError);
    expect(file.sha256()).toEqual(sha256(BYTES));
    expect(file.heldBytes).toBe(1_000);
  });
});
