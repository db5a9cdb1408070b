import { PAGE_POLICY, renderPage } from "../../../src/http/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the policy lets in the page's own style and no other", async () => {
  const style = /<style>(.*)<\/style>/s.exec(renderPage("t", "x"))?.[1] ?? "";
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(utf8(style))));
  expect(PAGE_POLICY).toContain(`style-src 'sha256-${hash.toBase64()}';`);
  expect(PAGE_POLICY).not.toContain("unsafe");
});

test("text becomes no markup", () => {
  const html = renderPage("</title><script>", "<script>&");
  expect(html).toContain("<title>&lt;/title&gt;&lt;script&gt;</title>");
  expect(html).toContain("<body>&lt;script&gt;&amp;</body>");
});
