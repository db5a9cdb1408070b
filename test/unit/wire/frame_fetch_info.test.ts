import { CHUNK_BYTES_MAX, decodeFetchInfo, encodeFetchInfo } from "../../../src/wire/mod.ts";
import { expectCodec, written } from "../../support/codec_laws.ts";
import { expect, test } from "../../support/harness.ts";

const INFO = {
  requestId: 5,
  status: 2,
  chunkLength: CHUNK_BYTES_MAX,
  factor: 3,
  queueMs: 1_000,
  balance: -123_456_789_012n,
  line: 2n ** 62n,
};

test("FETCH_INFO takes 26 bytes and is read back", () => {
  const bytes = written((out, at) => encodeFetchInfo(INFO, out, at));
  expect(bytes.length).toBe(26);
  expectCodec(bytes, decodeFetchInfo, INFO);
});

test("an object above 1 MiB is refused", () => {
  const bytes = written((out, at) =>
    encodeFetchInfo({ ...INFO, chunkLength: CHUNK_BYTES_MAX + 1 }, out, at)
  );
  expect(decodeFetchInfo(bytes, 0, bytes.length)).toBeUndefined();
});
