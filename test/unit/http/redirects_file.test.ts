import { readRedirects, REDIRECTS_BYTES_MAX } from "../../../src/http/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const readFrom = (bytes: Uint8Array) =>
  readRedirects(bytes.length, async function* (start, end) {
    await Promise.resolve();
    yield bytes.subarray(start, 2);
    yield bytes.subarray(2, end);
  });

test("it is read whole, as text", async () => {
  expect(await readFrom(utf8("/ż /a"))).toEqual({ text: "/ż /a" });
  expect(await readFrom(Uint8Array.of(0x2f, 0xff, 0xff))).toEqual({ fault: "it is not UTF-8" });
});

test("one that is too long is not read at all", async () => {
  const found = await readRedirects(REDIRECTS_BYTES_MAX + 1, () => {
    throw new Error("read");
  });
  expect(found).toEqual({ fault: "it has 65537 bytes, 65536 is the most" });
});
