import fc from "fast-check";
import { toBase32 } from "../../src/lib/mod.ts";
import { GatewayFixture } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";

/** Names as a manifest may hold them: no slash, backslash or control character, not . or .. */
const name = fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 30 })
  .map((text) => text.toWellFormed())
  // deno-lint-ignore no-control-regex
  .filter((text) => !/[/\\\u0000-\u001f\u007f]/.test(text) && text !== "." && text !== "..")
  .filter((text) => new TextEncoder().encode(text).length < 255 && text !== "index.html");
const nasty = fc.constantFrom(
  ...["<script>alert(1)<script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)"],
  ...["a?b#c", "100%", "%2e%2e", "a&amp;b", "'", "  ", "+", "ą ę", "__proto__x", "constructor"],
);

test("law: any name is listed as text, and its link leads to its file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.oneof(name, nasty), { minLength: 1, maxLength: 6 }), async (
      names,
    ) => {
      const fixture = new GatewayFixture();
      const tree = Object.fromEntries(names.map((one) => [one, `content of ${one}`]));
      const root = `/file/${toBase32(fixture.node.add(tree).strongId)}/`;
      const html = await (await fixture.get(root)).text();
      const links = [...html.matchAll(/<td class="name"><a href="([^"]*)">([^<]*)<\/a>/g)];
      expect(links.length).toBe(names.length);
      expect(html).not.toMatch(/<(script|img)/);
      const found = new Set<string>();
      for (const [, href = ""] of links) {
        const url = new URL(href.replaceAll("&#39;", "'"), `http://localhost${root}`);
        expect(url.host).toBe("localhost");
        const response = await fixture.get(url.pathname + url.search);
        expect(response.status).toBe(200);
        found.add(await response.text());
      }
      expect(found).toEqual(new Set(names.map((one) => `content of ${one}`)));
    }),
    { numRuns: 100 },
  );
});
