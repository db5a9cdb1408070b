import { createHash } from "node:crypto";
import { NamedClients } from "../../../src/gateway/named_clients.ts";
import { expect, test } from "../../support/harness.ts";

const clientOf = (name: string, token: string, bytesPerDay = 100) => {
  return {
    name,
    bytesPerDay,
    tokenHash: new Uint8Array(createHash("sha256").update(token).digest()),
  };
};

test("a token names its client; without one all are strangers", async () => {
  const clients = new NamedClients([clientOf("alice", "abc"), clientOf("bob", "def")]);
  expect((await clients.of("Bearer abc"))?.name).toBe("alice");
  expect((await clients.of("bearer  def "))?.name).toBe("bob");
  for (const none of [undefined, "", "Basic YWJj", "Bearer", "Digest abc"]) {
    expect(await clients.of(none)).toBeUndefined();
  }
});

test("a token that is nobody's is 401 with a challenge, which no cache keeps", async () => {
  const clients = new NamedClients([clientOf("alice", "abc")]);
  for (const token of ["abd", "ABC", "x".repeat(257)]) {
    const refused = await clients.of(`Bearer ${token}`).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      problem: { status: 401, headers: { "cache-control": "no-store" } },
    });
    expect(String(refused)).not.toContain(token);
  }
});

test("who is off the list for a while has had today what he has had", async () => {
  const clients = new NamedClients([clientOf("alice", "abc"), clientOf("bob", "def")]);
  const before = await clients.of("Bearer abc");
  before?.reserve(60, 0);
  clients.use([clientOf("bob", "def")]);
  clients.use([]);
  before?.settle(60, 50, 0); // it was on its way meanwhile
  clients.use([clientOf("alice", "new", 80)]);
  expect((await clients.of("Bearer new"))?.leftBytes(0)).toBe(30);
  clients.use(Array.from({ length: 1_024 }, (_, i) => clientOf(`c${i}`, "abc")));
  clients.use([]);
  clients.use([clientOf("alice", "new", 80)]);
  expect((await clients.of("Bearer new"))?.leftBytes(0)).toBe(80); // 1,024 others went since
});

test("another list keeps what a client has had today, and drops who is gone", async () => {
  const clients = new NamedClients([clientOf("alice", "abc"), clientOf("bob", "def")]);
  const before = await clients.of("Bearer abc");
  before?.reserve(60, 0);
  before?.settle(60, 60, 0);
  clients.use([clientOf("alice", "new", 80)]);
  expect((await clients.of("Bearer new"))?.leftBytes(0)).toBe(20);
  await expect(clients.of("Bearer def")).rejects.toThrow("Ask its operator");
  await expect(clients.of("Bearer abc")).rejects.toThrow("Ask its operator");
  expect([...clients.quotas()].map(({ name, sent }) => [name, sent])).toEqual([["alice", 60]]);
});
