import { BenchEnds, SMALL } from "../../support/bench_ends.ts";
import { expect, test } from "../../support/harness.ts";

test("it tells when the warm-up is over and when its peer has gone", () => {
  const ends = new BenchEnds(SMALL);
  ends.run();
  expect(ends.news).toEqual(["server warm", "warm", "done"]);
  const [connection] = ends.fetching.endpoint.connections();
  if (connection !== undefined) ends.fetching.endpoint.close(connection, 0, ends.world.clock.now());
  ends.fetching.turn = undefined;
  ends.fetching.drive();
  ends.world.run(100);
  expect(ends.news.at(-1)).toBe("closed");
});

test("it serves what is asked and nothing more", () => {
  const ends = new BenchEnds(SMALL);
  ends.run();
  const { sent_bytes = 0 } = ends.serving.endpoint.stats();
  const asked = 4 * 2 ** 20;
  expect(sent_bytes).toBeGreaterThan(asked);
  expect(sent_bytes).toBeLessThan(1.1 * asked);
});
