import { BenchEnds, SMALL } from "../../support/bench_ends.ts";
import { expect, test } from "../../support/harness.ts";

test("every chunk of the scenario comes, verified or not", () => {
  for (const isVerified of [false, true]) {
    const ends = new BenchEnds({ ...SMALL, isVerified });
    ends.run();
    expect(ends.news).toEqual(["server warm", "warm", "done"]);
  }
});

test("a wrong byte ends a verified transfer and says where", () => {
  const ends = new BenchEnds({ ...SMALL, isVerified: true }, (pool) => {
    const chunk = pool.chunk(2);
    chunk[5 * 65_536] = (chunk[5 * 65_536] ?? 0) ^ 1;
  });
  ends.run();
  expect(ends.news.at(-1)).toBe("slice 5 of chunk 2 is damaged");
});

test("one slice in 64 is looked at even where nothing is hashed", () => {
  const ends = new BenchEnds({ ...SMALL, chunks: 5, warmUpChunks: 0 }, (pool) => {
    for (let index = 0; index < 5; index++) pool.chunk(index).fill(1);
  });
  ends.run();
  expect(ends.news.at(-1)).toMatch(/^slice \d+ of chunk \d is damaged$/);
});

test("a peer that goes away ends the transfer with a reason", () => {
  const ends = new BenchEnds({ ...SMALL, chunks: 60 });
  ends.world.run(20);
  const [connection] = ends.serving.endpoint.connections();
  if (connection !== undefined) ends.serving.endpoint.close(connection, 3, ends.world.clock.now());
  ends.serving.drive();
  ends.world.run(100);
  expect(ends.news.at(-1)).toBe("the connection closed: peer");
});
