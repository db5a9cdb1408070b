import { createAdmin } from "../../src/admin/mod.ts";
import { toBase32 } from "../../src/lib/mod.ts";
import type { HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { TOKEN } from "../support/admin_fixture.ts";
import { FakeNode } from "../support/fake_node.ts";
import { siteTree } from "../support/site_tree.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { parseResponses, RawClient } from "../support/raw_http.ts";

/** The admin API over a real socket, asked by the runtime's own fetch as the command line does. */
export function adminSockets(name: string, serve: ServeHttp): void {
  describe(`admin API on a socket: ${name}`, () => {
    const node = new FakeNode();
    const meta = toBase32(node.add(siteTree()).strongId);
    let server: HttpServer | undefined;
    beforeAll(async () => {
      const admin = createAdmin(node, { token: TOKEN, metricsToken: "" });
      server = await serve(
        { host: "127.0.0.1", port: 0, requestBodyBytesMax: 2 ** 40 },
        (request, info) => admin.fetch(request, info),
      );
    });
    afterAll(() => server?.stop(0));

    const ask = (path: string, init: RequestInit = {}, host = "127.0.0.1"): Promise<Response> =>
      fetch(`http://${host}:${server?.localAddress.port}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${TOKEN}`, "x-skerry-admin": "1", ...init.headers },
      });

    test("the exact Host is the one that was dialled, or localhost", async () => {
      expect((await (await ask("/v1/status")).json()).role).toBe("super");
      expect((await (await ask("/v1/status", {}, "localhost")).json()).role).toBe("super");
      const bearer = `Authorization: Bearer ${TOKEN}`;
      const { text } = await RawClient.ask(
        server?.localAddress.port ?? 0,
        `GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n${bearer}\r\n\r\n`,
        100,
      );
      expect(parseResponses(text)[0]?.status).toBe(421);
    });

    test("a file is resumed where it broke off", async () => {
      const response = await ask(`/v1/get/${meta}/big.bin`, {
        headers: { range: "bytes=1000000-" },
      });
      expect(response.status).toBe(206);
      expect((await response.arrayBuffer()).byteLength).toBe(5 * 2 ** 20 + 3 - 1_000_000);
    });

    test("a body of several megabytes is published as it streams in", async () => {
      const pieces = 48;
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ < pieces) controller.enqueue(new Uint8Array(65_536).fill(sent));
          else controller.close();
        },
      });
      const response = await ask("/v1/publish?name=big", {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body,
        duplex: "half",
      } as RequestInit);
      const lines = (await response.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
      expect(lines.at(-1)).toMatchObject({ kind: "done" });
      expect(node.published.at(-1)?.bytes?.length).toBe(pieces * 65_536);
    });

    test("who announces more than the store can hold is told so before it sends", async () => {
      const before = node.published.length;
      const port = server?.localAddress.port ?? 0;
      const client = await RawClient.open(port);
      client.send(
        `POST /v1/publish?name=big HTTP/1.1\r\nHost: localhost:${port}\r\nX-Skerry-Admin: 1\r\n` +
          `Authorization: Bearer ${TOKEN}\r\nContent-Type: application/octet-stream\r\n` +
          `Expect: 100-continue\r\nContent-Length: ${2 ** 40}\r\n\r\n`,
      );
      await client.untilClosed();
      expect(client.text.startsWith("HTTP/1.1 507 ")).toBe(true);
      expect(client.text).toContain('"code":"STORE_FULL","detail":"\\"big\\" has 1.00 TiB');
      expect(node.published.length).toBe(before);
    });

    test("a path is published by JSON", async () => {
      const response = await ask("/v1/publish", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ path: "/srv/site" }),
      });
      expect((await response.text()).trimEnd().split("\n").at(-1)).toContain('"kind":"done"');
    });
  });
}
