import type { ValueAnswer } from "../../../src/admin/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin, problem } from "../../support/fake_admin.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = "a".repeat(52);
const LINK = "q".repeat(52);

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  const asked: unknown[] = [];
  admin.answers.set("/v1/value", (request) => {
    void request.json().then((body) => asked.push(body));
    return Response.json({ publicKey: KEY, seq: "4", expiresMs: 9, holders: 1 });
  });
  return { fixture, admin, asked };
}

const answer = (value: Uint8Array): ValueAnswer => ({
  publicKey: KEY,
  salt: "",
  seq: "4",
  value: value.toBase64(),
  signedAtMs: 1,
  expiresMs: 2,
  ttlSeconds: 300,
  freshSeconds: 299,
  source: "network",
  agreeing: 3,
});

test("a link is put, and the address that leads there is told", async () => {
  const { fixture, asked } = setUp();
  expect(await fixture.run("put-value", LINK, "--data=/d")).toBe(0);
  expect(fixture.out).toBe(`key     ${KEY}
seq     4
record  1 other node holds it
url     http://127.0.0.1:8080/name/${KEY}/
`);
  expect(asked).toEqual([{ value: utf8(LINK).toBase64(), salt: "" }]);
});

test("what leads nowhere, or lies under a salt, has no address", async () => {
  const { fixture } = setUp();
  await fixture.run("put-value", "just text", "--data=/d");
  expect(fixture.out).not.toContain("url");
  await fixture.run("put-value", LINK, "--salt", "s", "--data=/d");
  expect(fixture.out).not.toContain("url");
  await fixture.run("put-value", `/file/${LINK}/docs`, "--data=/d", "--json");
  expect(JSON.parse(fixture.out)).toEqual({
    publicKey: KEY,
    seq: "4",
    expiresMs: 9,
    holders: 1,
    url: `http://127.0.0.1:8080/name/${KEY}/`,
  });
});

test("an address that was put in place of a link is put, and said to lead nowhere", async () => {
  const { fixture, asked } = setUp();
  const address = `http://127.0.0.1:8101/file/${LINK}/`;
  expect(await fixture.run("put-value", address, "--data=/d")).toBe(0);
  expect(asked).toHaveLength(1);
  expect(fixture.err).toContain(`/name/${KEY}/ leads nowhere; put ${LINK} for that\n`);
  for (const value of [LINK, "https://example.org/", "http://h/file/", `${address} and text`]) {
    await fixture.run("put-value", value, "--data=/d");
    expect([value, fixture.err]).toEqual([value, ""]);
  }
  await fixture.run("put-value", address, "--salt=s", "--data=/d");
  expect(fixture.err).toBe("");
});

test("every wish goes to the node, a seq as text", async () => {
  const { fixture, asked } = setUp();
  const wishes = ["--ttl=0", "--lifetime=60", "--seq=18446744073709551615", "--replaces=7"];
  await fixture.run("put-value", "v", "--salt=feed", ...wishes, "--data=/d");
  expect(asked).toEqual([{
    value: utf8("v").toBase64(),
    salt: utf8("feed").toBase64(),
    ttlSeconds: 0,
    lifetimeSeconds: 60,
    seq: "18446744073709551615",
    replaces: "7",
  }]);
});

test("a value may come from a file, of which no more is read than may be put", async () => {
  const { fixture, asked } = setUp();
  fixture.files.set("/work/v.bin", "x".repeat(5000));
  expect(await fixture.run("put-value", "--file", "v.bin", "--data=/d")).toBe(0);
  expect(asked).toEqual([{ value: utf8("x".repeat(1001)).toBase64(), salt: "" }]);
});

test("nothing to put, and two things to put, are wrong usage", async () => {
  const { fixture } = setUp();
  expect(await fixture.run("put-value", "--data=/d")).toBe(2);
  expect(fixture.err).toContain("nothing to put: give VALUE, or --file, or --withdraw");
  expect(await fixture.run("put-value", "", "--data=/d")).toBe(2);
  expect(fixture.err).toContain("VALUE is empty: --withdraw ends the last one");
  expect(await fixture.run("put-value", "v", "--withdraw", "--data=/d")).toBe(2);
  expect(await fixture.run("put-value", "v", "--ttl", "86401")).toBe(2);
  expect(fixture.err).toContain("whole number from 0 to 86400");
  expect(await fixture.run("put-value", "v", "--seq", "18446744073709551616")).toBe(2);
  expect(fixture.err).toContain("below 2^64");
});

test("withdrawing tells whether there was one", async () => {
  const { fixture, admin } = setUp();
  admin.json("/v1/value/withdraw", { withdrawn: true });
  expect(await fixture.run("put-value", "--withdraw", "--data=/d")).toBe(0);
  expect(fixture.out).toBe("withdrawn\n");
  admin.json("/v1/value/withdraw", { withdrawn: false });
  expect(await fixture.run("put-value", "--withdraw", "--data=/d")).toBe(3);
});

test("a value is written as it is; to a terminal without control codes", async () => {
  const { fixture, admin } = setUp();
  admin.json(`/v1/value/${KEY}`, answer(utf8("a\u001b[31mb")));
  expect(await fixture.run("get-value", KEY.toUpperCase(), "--data=/d")).toBe(0);
  expect(fixture.out).toBe("a\u001b[31mb");
  fixture.host.stdout.isTerminal = true;
  await fixture.run("get-value", KEY, "--data=/d");
  expect(fixture.out).toBe("a�[31mb\n");
});

test("--json tells all, and the text if it is one", async () => {
  const { fixture, admin } = setUp();
  admin.json(`/v1/value/${KEY}?salt=66`, answer(utf8("hello")));
  await fixture.run("get-value", KEY, "--salt=f", "--data=/d", "--json");
  expect(JSON.parse(fixture.out)).toEqual({ ...answer(utf8("hello")), text: "hello" });
  admin.json(`/v1/value/${KEY}`, answer(Uint8Array.of(0xff)));
  await fixture.run("get-value", KEY, "--data=/d", "--json");
  expect(JSON.parse(fixture.out)).toEqual(answer(Uint8Array.of(0xff)));
});

test("what nobody has exits with 3, what is no key with 2", async () => {
  const { fixture, admin } = setUp();
  admin.answers.set(
    `/v1/value/${KEY}`,
    () => problem(404, "VALUE_NOT_FOUND", "No node that answered has it"),
  );
  expect(await fixture.run("get-value", KEY, "--data=/d")).toBe(3);
  expect(await fixture.run("get-value", "xyz", "--data=/d")).toBe(2);
  expect(fixture.err).toContain('"xyz" is no public key');
});
