import { loadTls, TlsWatch } from "../../../src/cli/tls_files.ts";
import { SkerryError, utf8 } from "../../../src/lib/mod.ts";
import type { TlsPair } from "../../../src/ports/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const PATHS = { certPath: "/tls/cert.pem", keyPath: "/tls/key.pem" };

interface Line {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function put(fixture: CliFixture, certificate: string, privateKey: string): Promise<void> {
  await fixture.files.makeDirectory("/tls");
  await fixture.files.replace(PATHS.certPath, utf8(certificate));
  await fixture.files.replace(PATHS.keyPath, utf8(privateKey));
}

async function watched(fixture: CliFixture, refused?: string) {
  const taken: TlsPair[] = [];
  const lines: Line[] = [];
  const logger = {
    log: (level: string, event: string, fields: Line["fields"] = {}) =>
      void lines.push({ level, event, fields }),
  };
  const server = {
    useTls(pair: TlsPair) {
      if (pair.certificate === refused) throw new SkerryError("INVALID_CONFIG", "not this one");
      taken.push(pair);
    },
  };
  const loaded = await loadTls(PATHS, fixture.doors);
  const watch = new TlsWatch(PATHS, loaded, server, fixture.doors, logger);
  const look = async (): Promise<void> => {
    for (let second = 0; second < 2; second++) {
      fixture.clock.advance(1_000);
      for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    }
  };
  return { taken, lines, watch, look };
}

test("a pair is read; one that is none is named by its files, not by its key", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one", "key of one");
  const { facts, pair } = await loadTls(PATHS, fixture.doors);
  expect([facts.names, pair.privateKey]).toEqual([["one"], "key of one"]);
  await put(fixture, "cert of one", "key of SECRET");
  const failure = await loadTls(PATHS, fixture.doors).catch((error: unknown) => String(error));
  expect(failure).toContain("--tls-cert /tls/cert.pem, --tls-key /tls/key.pem");
  expect(failure).not.toContain("SECRET");
});

test("files that are none, too long or no text are refused by name", async () => {
  const fixture = new CliFixture();
  await expect(loadTls(PATHS, fixture.doors)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  await put(fixture, "x".repeat(256 * 1024 + 1), "key of one");
  await expect(loadTls(PATHS, fixture.doors)).rejects.toThrow(
    "--tls-cert /tls/cert.pem has 262145",
  );
  await put(fixture, "cert of one", "");
  await fixture.files.replace(PATHS.keyPath, Uint8Array.of(0xff, 0xfe));
  await expect(loadTls(PATHS, fixture.doors)).rejects.toThrow("--tls-key /tls/key.pem is not PEM");
});

test("another pair is taken within two seconds, the same one is left alone", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one", "key of one");
  const { taken, lines, watch, look } = await watched(fixture);
  await look();
  expect(taken).toEqual([]);
  await put(fixture, "cert of two", "key of two");
  await look();
  expect(taken.map(({ certificate }) => certificate)).toEqual(["cert of two"]);
  await look();
  expect(taken.length).toBe(1);
  expect(lines.map(({ event, fields }) => `${event} ${String(fields["names"])}`))
    .toEqual(["tls_certificate one", "tls_certificate two"]);
  await watch.stop();
  await put(fixture, "cert of three", "key of three");
  await look();
  expect(taken.length).toBe(1);
});

test("half a renewal changes nothing and is told once", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one", "key of one");
  const { taken, lines, watch, look } = await watched(fixture);
  await put(fixture, "cert of two", "key of one");
  await look();
  await look();
  expect(taken).toEqual([]);
  expect(lines.filter(({ event }) => event === "tls_not_renewed").length).toBe(1);
  await put(fixture, "cert of two", "key of two");
  await look();
  expect(taken.length).toBe(1);
  await watch.stop();
});

test("a pair that only the server refuses is told once, and again after a good one", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one", "key of one");
  const { lines, watch, look } = await watched(fixture, "cert of two");
  const told = (): number => lines.filter(({ event }) => event === "tls_not_renewed").length;
  await put(fixture, "cert of two", "key of two");
  for (let i = 0; i < 3; i++) await look();
  expect(told()).toBe(1);
  await put(fixture, "cert of one", "key of one"); // the one in use
  await look();
  await put(fixture, "cert of two", "key of two");
  for (let i = 0; i < 3; i++) await look();
  expect(told()).toBe(2);
  await watch.stop();
});

test("a certificate that ends within two weeks is a warning", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one for 13 days", "key of one");
  const late = await watched(fixture);
  expect(late.lines[0]?.level).toBe("warn");
  await late.watch.stop();
  await put(fixture, "cert of one for 15 days", "key of one");
  const early = await watched(fixture);
  expect(early.lines[0]?.level).toBe("info");
  await early.watch.stop();
});

test("reloads that overlap leave one timer", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one", "key of one");
  const { watch, look } = await watched(fixture);
  const before = fixture.clock.pending;
  const first = watch.reload();
  await Promise.resolve();
  await Promise.all([first, watch.reload(), watch.reload()]);
  expect(fixture.clock.pending).toBe(before);
  await look();
  expect(fixture.clock.pending).toBe(before);
  await watch.stop();
});

test("a reload looks at once, and says again what is wrong", async () => {
  const fixture = new CliFixture();
  await put(fixture, "cert of one", "key of one");
  const { taken, lines, watch, look } = await watched(fixture);
  await put(fixture, "cert of two", "key of two");
  await watch.reload();
  expect(taken.length).toBe(1);
  await put(fixture, "cert of three", "key of two");
  for (let i = 0; i < 2; i++) await watch.reload();
  expect(lines.filter(({ event }) => event === "tls_not_renewed").length).toBe(2);
  await put(fixture, "cert of three", "key of three");
  await look(); // the watch goes on
  expect(taken.length).toBe(2);
  await watch.stop();
  await put(fixture, "cert of four", "key of four");
  await watch.reload();
  expect(taken.length).toBe(2);
});
