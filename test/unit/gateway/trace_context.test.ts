import { spanOf, traceparentOf } from "../../../src/gateway/trace_context.ts";
import { expect, test } from "../../support/harness.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const SPAN = new Uint8Array(8).fill(0xab);

test("an answer goes on with the client's trace, under a span of its own", () => {
  const span = spanOf(`00-${TRACE}-${PARENT}-01`, SPAN);
  expect(span).toEqual({
    traceId: TRACE,
    parentId: PARENT,
    spanId: "abababababababab",
    isSampled: true,
  });
  expect(span && traceparentOf(span)).toBe(`00-${TRACE}-abababababababab-01`);
  expect(spanOf(`00-${TRACE}-${PARENT}-02`, SPAN)?.isSampled).toBe(false);
  expect(spanOf(`cc-${TRACE}-${PARENT}-01-what-comes-later`, SPAN)?.traceId).toBe(TRACE);
});

test("what is no traceparent is as none", () => {
  for (
    const header of [
      undefined,
      "",
      `00-${TRACE}-${PARENT}`,
      `00-${TRACE}-${PARENT}-01-more`,
      `ff-${TRACE}-${PARENT}-01`,
      `00-${TRACE.toUpperCase()}-${PARENT}-01`,
      `00-${"0".repeat(32)}-${PARENT}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE}-${PARENT}-01\r\nx: y`,
    ]
  ) expect(spanOf(header, SPAN)).toBeUndefined();
});
