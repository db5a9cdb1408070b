import { buildInlineFile } from "../../../../src/content/mod.ts";
import { utf8 } from "../../../../src/lib/mod.ts";
import { readStoredManifest } from "../../../../src/node/keep/stored_manifest.ts";
import { expect, test } from "../../../support/harness.ts";
import { chunkOf, MIB, storeOn } from "./store_fixtures.ts";

test("a manifest is read by its id; what is none, or not here, is none", async () => {
  const { store, run } = await storeOn(10 * MIB);
  const { id, bytes } = buildInlineFile(utf8("hello"), { name: "a", mime: "" });
  const other = chunkOf(1, 100);
  await run(store.put(id, bytes, { pinned: false }));
  await run(store.put(other.id, other.bytes, { pinned: false }));
  expect(await run(readStoredManifest(store, id))).toMatchObject({
    kind: "inline_file",
    name: "a",
  });
  expect(await run(readStoredManifest(store, other.id))).toBeUndefined();
  expect(await run(readStoredManifest(store, chunkOf(2, 9).id))).toBeUndefined();
});
