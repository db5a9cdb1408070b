import { tracePage } from "../../../src/admin/trace_page.tsx";
import type { Trace } from "../../../src/node/mod.ts";
import { expect, test } from "../../support/harness.ts";

const trace: Trace = {
  id: "id",
  found: true,
  rounds: [{ asked: 4, answered: 3, startedMs: 0, ms: 50 }],
  holders: [
    { nodeId: "", address: "1.2.3.4:5", rttMs: undefined, result: "refused <b>" },
    { nodeId: "aa", address: "1.2.3.4:6", rttMs: 2, result: "served" },
  ],
  firstByteMs: 80,
  totalMs: 100,
  heldHere: false,
};

test("what the picture shows stands in words below it", () => {
  const html = tracePage("x", { kind: "traced", id: "id", trace });
  const words = html.slice(html.indexOf("</figure>"));
  for (
    const said of [
      "Found, first byte after 80 ms, trace over after 100 ms",
      "3 of 4 nodes answered, 50 ms",
    ]
  ) {
    expect(words).toContain(said);
  }
  expect(words).toContain("a holder</span> at 1.2.3.4:5: refused &lt;b&gt;");
  expect(words).toContain("round trip 2.0 ms");
  expect(html).not.toContain("<b>");
});

test("where nobody was asked, that is said", () => {
  const alone = { ...trace, rounds: [], holders: [], firstByteMs: undefined, heldHere: true };
  const html = tracePage("x", { kind: "traced", id: "id", trace: alone });
  expect(html).toContain("<p>No other node was asked.</p>");
  expect(html).toContain("Held here, nobody else has it, known after 100 ms");
});

test("the form keeps what was typed, and points to what was wrong with it", () => {
  const html = tracePage('a"b', { kind: "failed", detail: "No." });
  expect(html).toContain('value="a&quot;b"');
  expect(html).toContain('aria-describedby="trouble"');
  expect(tracePage("", { kind: "unasked" })).not.toContain('aria-invalid="');
});
