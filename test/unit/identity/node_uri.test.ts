import fc from "fast-check";
import { formatNodeUri, parseNodeUri } from "../../../src/identity/mod.ts";
import { toBase32, toHex } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const publicKey = new Uint8Array(32).fill(0x11);
const key = toBase32(publicKey);
const faultOf = (text: string): string => {
  const parsed = parseNodeUri(text);
  return "fault" in parsed ? parsed.fault : "";
};

describe("node URI", () => {
  test("takes IPv4, bracketed IPv6 and names", () => {
    const hosts: [string, string][] = [
      ["192.0.2.7:4000", "192.0.2.7"],
      ["[2001:DB8::1]:4000", "2001:db8::1"],
      ["[::ffff:192.0.2.7]:4000", "192.0.2.7"],
      ["Node.Example.org:4000", "node.example.org"],
      ["localhost:4000", "localhost"],
    ];
    for (const [written, host] of hosts) {
      const parsed = parseNodeUri(`skerry://${key}@${written}`);
      if ("fault" in parsed) throw new Error(parsed.fault);
      expect(parsed.host).toBe(host);
      expect(parsed.port).toBe(4000);
      expect(toHex(parsed.publicKey)).toBe(toHex(publicKey));
    }
    expect(faultOf(`SKERRY://${key.toUpperCase()}@localhost:1/`)).toBe("");
  });

  test("says which rule a wrong one breaks", () => {
    const wrong: [string, string][] = [
      ["", "skerry://"],
      [`http://${key}@h:1`, "skerry://"],
      [`skerry://${key}`, "52 base32"],
      [`skerry://${key.slice(1)}@h:1`, "52 base32"],
      [`skerry://${key.slice(0, 51)}b@h:1`, "52 base32"],
      [`skerry://${key}@h`, "<host>:<port>"],
      [`skerry://${key}@::1:80`, "<host>:<port>"],
      [`skerry://${key}@h:65536`, "<host>:<port>"],
      [`skerry://${key}@h:0`, "port 0"],
      [`skerry://${key}@[name]:80`, "no address"],
      [`skerry://${key}@-a.org:80`, "no address"],
      [`skerry://${key}@1.2.3:80`, "no address"],
      [`skerry://${key}@1.2.3.999:80`, "no address"],
      [`skerry://${key}@a..b:80`, "no address"],
      [`skerry://${key}@${"a".repeat(600)}:80`, "longer"],
    ];
    for (const [text, part] of wrong) expect(faultOf(text)).toContain(part);
  });

  test("format and parse are each other's inverse", () => {
    const host = fc.oneof(fc.ipV4(), fc.domain().map((name) => name.toLowerCase()));
    const port = fc.integer({ min: 1, max: 65_535 });
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(fc.property(seed, host, port, (bytes, host, port) => {
      const text = formatNodeUri({ publicKey: bytes, host, port });
      const parsed = parseNodeUri(text);
      if ("fault" in parsed) throw new Error(`${text} ${parsed.fault}`);
      expect(formatNodeUri(parsed)).toBe(text);
    }));
  });

  test("no text throws", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseNodeUri(text)));
    const near = fc.string().map((tail) => `skerry://${key}@${tail}`);
    fc.assert(fc.property(near, (text) => void parseNodeUri(text)));
  });
});
