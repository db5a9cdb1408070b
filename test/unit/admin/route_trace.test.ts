import { AdminFixture, TOKEN } from "../../support/admin_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const BASIC = { authorization: `Basic ${btoa(`:${TOKEN}`)}` };

test("a person's trace takes an id alone or in a gateway's link, and is a picture", async () => {
  const fixture = new AdminFixture();
  const { meta } = fixture;
  const pasted = [meta, ` ${meta.toUpperCase()} `, `https://gw.example/file/${meta}/a%20b?x#y`];
  for (const text of [...pasted, `http://${meta}.localhost:8080/`]) {
    const answer = await fixture.bare(`/trace?id=${encodeURIComponent(text)}`, { headers: BASIC });
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const html = await answer.text();
    expect(html).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
    expect(html).toContain(`>${meta}</text>`);
    expect(html).toContain("2 of 3 nodes answered, 4.0 ms");
  }
});

test("what is no id is said beside what was typed; nothing typed is the form", async () => {
  const fixture = new AdminFixture();
  const evil = `"><script>alert(1)</script>`;
  const answer = await fixture.bare(`/trace?id=${encodeURIComponent(evil)}`, { headers: BASIC });
  const html = await answer.text();
  expect(answer.status).toBe(400);
  expect(html).toContain('role="alert"');
  expect(html).toContain("is not an id");
  expect(html).not.toContain("<script>");
  const empty = await fixture.bare("/trace", { headers: BASIC });
  expect([empty.status, (await empty.text()).includes('role="alert"')]).toEqual([200, false]);
});

test("a trace costs other nodes work, so no other site's page may have one made", async () => {
  const fixture = new AdminFixture();
  const path = `/trace?id=${fixture.meta}`;
  expect((await fixture.bare(path)).status).toBe(401);
  const headers = { ...BASIC, "sec-fetch-site": "cross-site" };
  expect((await fixture.bare(path, { headers })).status).toBe(403);
});

test("GET /v1/trace/:id is the trace itself, or why there is none", async () => {
  const fixture = new AdminFixture();
  const trace = await fixture.ask(`/v1/trace/${fixture.meta}`);
  expect(await trace.json()).toMatchObject({ found: true, totalMs: 6 });
  const wrong = await fixture.ask("/v1/trace/zz");
  expect([wrong.status, (await wrong.json() as { code: string }).code]).toEqual([
    400,
    "INVALID_ID",
  ]);
});
