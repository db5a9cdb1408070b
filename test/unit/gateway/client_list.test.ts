import { parseClients } from "../../../src/gateway/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const HASH = "ab".repeat(32);
const OTHER = "cd".repeat(32);

test("a line is a name, the hash of a token and the bytes a day; the rest is comment", () => {
  const text = `# ours\n\nalice ${HASH.toUpperCase()}  10GiB # since May\r\nbob-2\t${OTHER} 0\n`;
  const clients = parseClients(text).map(({ name, tokenHash, bytesPerDay }) => {
    return { name, hash: toHex(tokenHash), bytesPerDay };
  });
  expect(clients).toEqual([
    { name: "alice", hash: HASH, bytesPerDay: 10 * 2 ** 30 },
    { name: "bob-2", hash: OTHER, bytesPerDay: 0 },
  ]);
  expect(parseClients("")).toEqual([]);
});

test("a line that is none is told by its number and rule, and shows no token", () => {
  const token = "s3cret-token-in-place-of-its-hash";
  const wrong: readonly (readonly [string, RegExp])[] = [
    [`alice ${HASH}`, /^line 1 needs a name/],
    [`alice ${HASH} 1GiB more`, /^line 1 needs a name/],
    [`\nAlice ${HASH} 1GiB`, /^line 2 needs a name of 1 to 32/],
    [`a"b ${HASH} 1GiB`, /^line 1 needs a name of 1 to 32/],
    [`alice ${token} 1GiB`, /^line 1 needs the 64 hex digits/],
    [`alice ${HASH} 10G`, /^line 1 has "10G" for its bytes a day/],
    [`alice ${HASH} 1\nalice ${OTHER} 1`, /^line 2 has the name or the token of line 1/],
    [`alice ${HASH} 1\nbob ${HASH} 1`, /^line 2 has the name or the token of line 1/],
  ];
  for (const [text, rule] of wrong) {
    expect(() => parseClients(text)).toThrow(rule);
    try {
      parseClients(text);
    } catch (error) {
      expect(String(error)).not.toContain(token);
    }
  }
});

test("a file has 1,024 clients at most", () => {
  const lines = Array.from(
    { length: 1_025 },
    (_, i) => `c${i} ${i.toString(16).padStart(64, "0")} 1`,
  );
  expect(parseClients(lines.slice(1).join("\n")).length).toBe(1_024);
  expect(() => parseClients(lines.join("\n"))).toThrow("line 1025 is client number 1025");
});
