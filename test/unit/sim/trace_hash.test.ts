import { TraceHash } from "../../sim/mod.ts";
import { expect, test } from "../../support/harness.ts";

function hashOf(fill: (trace: TraceHash) => void): string {
  const trace = new TraceHash();
  fill(trace);
  return trace.hex();
}

test("the same happenings give the same hash, any difference another", () => {
  const variants: ((trace: TraceHash) => void)[] = [
    () => {},
    (trace) => trace.number(1),
    (trace) => trace.number(1.0000000000000002),
    (trace) => trace.text("ab"),
    (trace) => (trace.text("a"), trace.text("b")),
    (trace) => trace.bytes(Uint8Array.of(1, 2, 3, 4, 5)),
    (trace) => trace.bytes(Uint8Array.of(1, 2, 3, 4, 6)),
    (trace) => trace.bytes(Uint8Array.of(1, 2, 3, 4, 5, 0)),
    (trace) => (trace.number(1), trace.number(2)),
    (trace) => (trace.number(2), trace.number(1)),
  ];
  const hashes = variants.map(hashOf);
  expect(new Set(hashes).size).toBe(variants.length);
  expect(variants.map(hashOf)).toEqual(hashes);
});

test("the hash of a fixed sequence is the same on every engine", () => {
  const trace = new TraceHash();
  trace.number(Math.PI);
  trace.text("sent 10.0.0.1:1");
  trace.bytes(Uint8Array.from({ length: 257 }, (_, i) => i));
  expect(trace.hex()).toBe("4ca3b62b9b056347");
  expect(trace.count).toBe(3);
});
