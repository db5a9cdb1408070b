import { nameTarget } from "../../../src/gateway/name_target.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const LINK = "a".repeat(52);
const SHA1 = "0123456789abcdef0123456789abcdef01234567";
const target = (text: string) => nameTarget(utf8(text));

test("a link, a plain id and a path below either lead to content", () => {
  expect(target(LINK)).toBe(`/file/${LINK}`);
  expect(target(`/file/${LINK}`)).toBe(`/file/${LINK}`);
  expect(target(`/file/${SHA1}/a/b/`)).toBe(`/file/${SHA1}/a/b`);
  expect(target(`${LINK}\n`)).toBe(`/file/${LINK}`);
});

test("ids and names are spelt in the one way that a Location may have", () => {
  expect(target(LINK.toUpperCase())).toBe(`/file/${LINK}`);
  expect(target(`${LINK}/my file/ä%2520`)).toBe(`/file/${LINK}/my%20file/%C3%A4%2520`);
});

test("anything else leads nowhere, and nothing throws", () => {
  const odd = ["", "hello", "/name/" + LINK, "https://x/", `${LINK}/../x`, `${LINK}/%zz`, "/file/"];
  for (const text of odd) expect(target(text)).toBeUndefined();
  expect(nameTarget(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
});
