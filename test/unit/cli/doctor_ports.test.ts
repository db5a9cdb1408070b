import { SkerryError } from "../../../src/lib/mod.ts";
import type { Http3ServeOptions } from "../../../src/ports/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { describe, expect, test } from "../../support/harness.ts";

interface Row {
  name: string;
  result: string;
  found: string;
  advice?: string;
}

/** @param fault what opening the port by UDP fails with. */
async function http3Row(flags: readonly string[] = [], fault?: SkerryError, has = true) {
  const fixture = new CliFixture();
  fixture.files.set("/work/cert", "cert of a.example");
  fixture.files.set("/work/key", "key of a.example");
  const opened: string[] = [];
  const serveHttp3 = ({ host, port, tls }: Http3ServeOptions) => {
    if (fault !== undefined) return Promise.reject(fault);
    opened.push(`${host} ${port} ${tls.privateKey}`);
    return Promise.resolve({
      localAddress: { ip: host, port },
      useTls() {},
      stop: () => Promise.resolve(void opened.push("stopped")),
    });
  };
  fixture.doors = { ...fixture.doors, serveHttp3: has ? serveHttp3 : undefined };
  const tls = ["--tls-cert", "cert", "--tls-key", "key"];
  const code = await fixture.run("doctor", "--data=/d", "--json", ...tls, ...flags);
  const checks: Row[] = JSON.parse(fixture.out).checks;
  return { code, opened, row: checks.find(({ name }) => name === "http3 port") };
}

describe("skerry doctor, with --http3", () => {
  test("the UDP port of the gateway's number is opened as a start would, and let go", async () => {
    const { code, opened, row } = await http3Row(["--http3", "--http=127.0.0.1:8443"]);
    expect([code, row?.result, row?.found]).toEqual([0, "ok", "127.0.0.1:8443 is free by UDP too"]);
    expect(opened).toEqual(["127.0.0.1 8443 key of a.example", "stopped"]);
    expect((await http3Row()).row).toBeUndefined();
  });

  test("one that another program has fails and says what to do", async () => {
    const taken = new SkerryError("ADDRESS_IN_USE", "it is taken");
    const { code, row } = await http3Row(["--http3"], taken);
    expect([code, row?.result, row?.found]).toEqual([1, "failed", "127.0.0.1:8080: it is taken"]);
    expect(row?.advice).toContain("UDP port, or choose another with --http");
  });

  test("one that the node listens at for others fails, though it is free", async () => {
    const { code, row } = await http3Row(["--http3", "--udp=0.0.0.0:8080"]);
    expect([code, row?.result]).toEqual([1, "failed"]);
    expect(row?.found).toContain("--udp 0.0.0.0:8080");
    expect((await http3Row(["--http3", "--http=127.0.0.1:0"])).row?.result).toBe("ok");
  });

  test("where there is no HTTP/3 it fails as a start does", async () => {
    const none = await http3Row(["--http3"], undefined, false);
    expect([none.code, none.row?.found]).toEqual([1, expect.stringContaining("Linux and Bun")]);
    expect(none.row?.advice).toContain("leave it out");
    const unguarded = new SkerryError("INVALID_CONFIG", "needs glibc");
    const { row } = await http3Row(["--http3"], unguarded);
    expect(row?.advice).toContain("leave out --http3");
  });

  test("a certificate that cannot be used is told by its own check alone", async () => {
    const { code, row } = await http3Row(["--http3", "--tls-key", "cert"]);
    expect([code, row]).toEqual([1, undefined]);
  });
});
