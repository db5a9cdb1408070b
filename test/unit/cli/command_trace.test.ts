import type { Trace } from "../../../src/node/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin } from "../../support/fake_admin.ts";
import { expect, test } from "../../support/harness.ts";

const id = "0123456789abcdef0123456789abcdef01234567";
const trace: Trace = {
  id,
  found: true,
  rounds: [
    { asked: 4, answered: 3, startedMs: 0, ms: 12.4 },
    { asked: 2, answered: 2, startedMs: 10, ms: 6 },
  ],
  holders: [
    { nodeId: "n", address: "127.0.0.1:1", rttMs: 3, result: "served", priceFactor: 5, paidCb: 77 },
    { nodeId: "m", address: "127.0.0.1:2", rttMs: undefined, result: "failed" },
  ],
  firstByteMs: 25.6,
  totalMs: 31,
  heldHere: false,
};

function setUp(answer: Trace) {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.json(`/v1/trace/${id}`, answer);
  return fixture;
}

test("a trace tells rounds and holders", async () => {
  const fixture = setUp(trace);
  expect(await fixture.run("trace", id.toUpperCase(), "--data=/d")).toBe(0);
  expect(fixture.out).toBe(
    `${id}
found, first byte after 26 ms, trace over after 31 ms

ROUND  ASKED  ANSWERED    TOOK
    1      4         3   12 ms
    2      2         2  6.0 ms

HOLDER  ADDRESS         RTT  PRICE   PAID  RESULT
n       127.0.0.1:1  3.0 ms      5  77 cb  served
m       127.0.0.1:2       -      -      -  failed
`,
  );
  await fixture.run("trace", id, "--data=/d", "--json");
  expect(JSON.parse(fixture.out)).toEqual(trace);
});

test("--svg draws it into a file and says so; - is standard output", async () => {
  const fixture = setUp(trace);
  expect(await fixture.run("trace", id, "--data=/d", "--svg=look.svg")).toBe(0);
  expect(fixture.out).toContain("found, first byte after 26 ms");
  expect(fixture.out).toEndWith("\ndrawn in look.svg\n");
  const drawn = fixture.files.text("/work/look.svg");
  expect(drawn).toStartWith("<svg ");
  expect(await fixture.run("trace", id, "--data=/d", "--svg=-")).toBe(0);
  expect(fixture.out).toBe(drawn);
});

test("what was found and did not come is said so", async () => {
  const fixture = setUp({ ...trace, firstByteMs: undefined, totalMs: 10_014 });
  expect(await fixture.run("trace", id, "--data=/d")).toBe(0);
  expect(fixture.out).toContain("found, no byte came, trace over after 10014 ms\n");
});

test("what only this node holds is no failure and goes by the name asked", async () => {
  const fixture = setUp({ ...trace, rounds: [], holders: [], heldHere: true });
  expect(await fixture.run("trace", id, "--data=/d")).toBe(0);
  expect(fixture.out).toStartWith(`${id}\nheld here\nnobody else has it, known after 31 ms`);
});

test("what nobody has exits with 3, what is no id with 2", async () => {
  const fixture = setUp({ ...trace, found: false, rounds: [], holders: [] });
  expect(await fixture.run("trace", id, "--data=/d")).toBe(3);
  expect(fixture.out).toContain("NOT FOUND, known after 31 ms");
  expect(fixture.out).toContain("no other node was asked");
  expect(await fixture.run("trace", "xyz", "--data=/d")).toBe(2);
});
