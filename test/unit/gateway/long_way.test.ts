import { answerKey } from "../../../src/gateway/answer_key.ts";
import { LongWay } from "../../../src/gateway/long_way.ts";
import { DEFAULT_OPTIONS } from "../../../src/gateway/mod.ts";
import { ReadyAnswers } from "../../../src/gateway/ready_answers.ts";
import { GatewayFixture } from "../../support/gateway_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const REMOTE = { ip: "192.0.2.7", port: 4000 };
const HOST = "localhost:8080";

function keyOf(target: string): string {
  const header = (name: string) => name === "host" ? HOST : undefined;
  return answerKey({ method: "GET", target, remote: REMOTE, header }, DEFAULT_OPTIONS) ?? "";
}

/** What a worker is lent that wants the answer of `key` and none of its bytes. */
const lent = async ({ gateway }: GatewayFixture, key: string) =>
  (await gateway.workers.lend({ key, wantsAnswer: true, from: 0, chunks: 0 }))?.answer;

test("a renewal makes an answer be at hand as a request does, and counts as none", async () => {
  const fixture = new GatewayFixture();
  for (const file of ["ascii.txt", "big.bin"]) {
    const target = `/file/${fixture.meta}/${file}`;
    const request = new Request(`http://${HOST}${target}`, { headers: { host: HOST } });
    await (await fixture.gateway.fetch(request, { remote: REMOTE, target })).body?.cancel();
    const asked = await lent(fixture, keyOf(target));
    fixture.node.denyListChanges(); // nothing is at hand
    const counted = fixture.gateway.metricsText();
    const renewed = await lent(fixture, keyOf(target));
    expect([file, renewed?.headers, renewed?.size]).toEqual([file, asked?.headers, asked?.size]);
    expect([renewed?.whole, renewed?.headers.includes("x-skerry-path")])
      .toEqual([asked?.whole, true]);
    expect(fixture.gateway.metricsText()).toBe(counted);
  }
  expect(fixture.node.counts.readsOpen).toBe(0);
});

test("what is not held here any more is not renewed, and no other node is asked", async () => {
  const fixture = new GatewayFixture();
  const key = keyOf(`/file/${fixture.meta}/big.bin`);
  fixture.node.isRemote = true;
  fixture.node.counts.lookups = 0;
  expect(await lent(fixture, key)).toBeUndefined();
  expect(fixture.node.counts).toMatchObject({ lookups: 0, networkBytes: 0 });
});

test("what this gateway does not serve any more is not renewed", async () => {
  const fixture = new GatewayFixture({ serve: { kind: "own" } });
  const key = keyOf(`/file/${fixture.meta}/ascii.txt`);
  fixture.node.isOwn = () => true;
  expect(await lent(fixture, key)).toBeDefined();
  fixture.node.denyListChanges();
  fixture.node.isOwn = () => false;
  expect(await lent(fixture, key)).toBeUndefined();
});

test("those who want the same renewed at once wait for one renewal", async () => {
  const asked: string[] = [];
  const askAll = ({ url }: Request) => {
    asked.push(url);
    return Promise.resolve(new Response(null, { status: 404 }));
  };
  const longWay = new LongWay(askAll, new ReadyAnswers(DEFAULT_OPTIONS), DEFAULT_OPTIONS);
  await Promise.all([longWay.renew(keyOf("/a")), longWay.renew(keyOf("/a"))]);
  expect(asked).toEqual([`http://${HOST}/a`]);
  await longWay.renew(keyOf("/a"));
  await longWay.renew(keyOf("/a").replace(HOST, "a:b")); // no URL comes of it
  expect(asked.length).toBe(2);
});
