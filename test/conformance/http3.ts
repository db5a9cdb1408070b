import type {
  Http3ServeOptions,
  HttpHandler,
  HttpServer,
  ServeHttp3,
} from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { Http3Client, type RequestFields } from "../support/http3_client.ts";
import { UdpWire } from "../support/udp_wire.ts";
import { ONE, TWO } from "../support/tls_pairs.ts";
import { sleep, until } from "../support/until.ts";

const MIB = 2 ** 20;

/** A body of `bytes` in pieces, each in the same memory; it fails once `failAt` are given. */
function bodyOf(bytes: number, failAt = Infinity, onCancel = (): void => {}): ReadableStream {
  const memory = new Uint8Array(MIB);
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= failAt) return controller.error(new Error("broken"));
      if (at >= bytes) return controller.close();
      controller.enqueue(memory.fill(at / MIB).subarray(0, bytes - at));
      at += MIB;
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}

const lengthOf = (bytes: number) => ({ headers: { "content-length": String(bytes) } });

/** The law of ServeHttp3 in ports/http_server.ts, to be kept by every adapter. */
export function http3Conformance(name: string, serve: ServeHttp3): void {
  describe(`HttpServer law on HTTP/3: ${name}`, () => {
    const servers: HttpServer[] = [];
    const clients: Http3Client[] = [];
    afterEach(async () => {
      for (const client of clients.splice(0)) client.session.destroy();
      for (const server of servers.splice(0)) await server.stop(0);
    });

    async function start(
      handler: HttpHandler,
      options: Partial<Http3ServeOptions> = {},
    ): Promise<HttpServer> {
      const server = await serve({ host: "127.0.0.1", port: 0, tls: ONE, ...options }, handler);
      servers.push(server);
      return server;
    }

    async function dial({ localAddress: { port } }: HttpServer, by = port): Promise<Http3Client> {
      const client = await Http3Client.dial(by);
      clients.push(client);
      return client;
    }

    const describing: HttpHandler = (request, { target, remote }) => {
      const text = [request.method, request.url, request.headers.get("host"), target, remote.ip];
      const body = text.join(" ");
      const fields = { "content-length": String(body.length), "x-a": "1", "connection": "close" };
      return new Response(body, { headers: fields });
    };

    test("the handler is told what the other versions tell it", async () => {
      const client = await dial(await start(describing));
      const answer = await client.ask({ ":path": "/a%2e?b", ":authority": "example.net:81" });
      expect(new TextDecoder().decode(answer.body))
        .toBe("GET https://example.net:81/a%2e?b example.net:81 /a%2e?b 127.0.0.1");
      const { "x-a": own, connection } = answer.fields;
      expect([answer.status, answer.isWhole, own, connection]).toEqual([200, true, "1", undefined]);
    });

    test("every answer says when it was made, refusals too, once", async () => {
      const given = "Tue, 15 Nov 1994 08:12:31 GMT";
      const server = await start(({ url }) =>
        new Response("hello", url.endsWith("/own") ? { headers: { date: given } } : {})
      );
      const client = await dial(server);
      const startedMs = Math.floor(Date.now() / 1_000) * 1_000;
      for (const asked of [{}, { ":method": "HEAD" }, { ":authority": "a b" }]) {
        const { date } = (await client.ask(asked)).fields;
        expect(Date.parse(String(date))).toBeGreaterThanOrEqual(startedMs);
        expect(new Date(String(date)).toUTCString()).toBe(String(date));
      }
      expect((await client.ask({ ":path": "/own" })).fields["date"]).toBe(given);
    });

    test("on all addresses, a client of IPv4 is one of IPv4", async () => {
      const client = await dial(await start(describing, { host: "::" }));
      const { body } = await client.ask();
      expect(new TextDecoder().decode(body).endsWith(" 127.0.0.1")).toBe(true);
    });

    test("a HEAD and a 304 have no body and keep the length that is said", async () => {
      const server = await start(({ url }) => {
        const isSame = url.endsWith("/304");
        return new Response(isSame ? null : "hello", {
          status: isSame ? 304 : 200,
          ...lengthOf(5),
        });
      });
      const client = await dial(server);
      for (
        const [fields, status] of [
          [{ ":method": "HEAD" }, 200],
          [{ ":path": "/304" }, 304],
        ] as const
      ) {
        const answer = await client.ask(fields);
        expect([answer.status, answer.body.length, answer.fields["content-length"]])
          .toEqual([status, 0, "5"]);
        expect(answer.isWhole).toBe(true);
      }
    });

    test("what is at hand goes out as it is, and is told when it has left", async () => {
      const left: number[] = [];
      const server = await start(describing, {
        ready({ method, target, header }) {
          if (target === "/asked") return undefined;
          const body = new TextEncoder().encode(`ready ${header("host")}`);
          const headers = ["content-length", String(body.length)];
          const onLeft = (bytes: number): void => void left.push(bytes);
          const given = method === "HEAD" ? new Uint8Array() : body;
          return { status: 200, headers, body: given, onLeft };
        },
      });
      const client = await dial(server);
      const { body } = await client.ask({ ":authority": "x" });
      expect(new TextDecoder().decode(body)).toBe("ready x");
      expect((await client.ask({ ":method": "HEAD" })).body.length).toBe(0);
      await until(() => left.length === 2);
      expect(left).toEqual([7, 0]);
      expect((await client.ask({ ":path": "/asked" })).fields["x-a"]).toBe("1");
    });

    test("a long body comes whole, from memory that is used again for each piece", async () => {
      const server = await start(() => new Response(bodyOf(8 * MIB), lengthOf(8 * MIB)));
      const { body, isWhole } = await (await dial(server)).ask();
      expect([body.length, isWhole]).toEqual([8 * MIB, true]);
      for (let i = 0; i < 8; i++) {
        const part = body.subarray(i * MIB, (i + 1) * MIB);
        expect(Buffer.compare(part, new Uint8Array(MIB).fill(i))).toBe(0);
      }
    });

    for (
      const [what, bytes, failAt, said] of [
        ["that fails", 3 * MIB, MIB, 3 * MIB],
        ["that is shorter than was said", MIB, Infinity, 3 * MIB],
        ["that is longer than was said", 3 * MIB, Infinity, MIB + 1],
      ] as const
    ) {
      test(`a body ${what} is reset and leaves the connection alone`, async () => {
        const faults: unknown[] = [];
        const server = await start(({ url }) => {
          const isBad = url.endsWith("/bad");
          return isBad ? new Response(bodyOf(bytes, failAt), lengthOf(said)) : new Response("x");
        }, { onFault: (error) => void faults.push(error) });
        const client = await dial(server);
        expect((await client.ask({ ":path": "/bad" })).isWhole).toBe(false);
        expect(faults.length).toBe(1);
        const good = await client.ask({ ":path": "/good" });
        expect([good.status, good.isWhole]).toEqual([200, true]);
      });
    }

    test("requests do not wait for one another, as many as a connection may have", async () => {
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => open = resolve);
      const server = await start(async (request) => {
        if (request.url.endsWith("/slow")) await gate;
        return new Response("x", lengthOf(1));
      });
      const client = await dial(server);
      const slow = Array.from({ length: 98 }, () => client.ask({ ":path": "/slow" }));
      expect((await client.ask({ ":path": "/fast" })).status).toBe(200);
      open();
      for (const answer of await Promise.all(slow)) expect(answer.isWhole).toBe(true);
      for (let i = 0; i < 200; i++) expect((await client.ask()).status).toBe(200);
    });

    test("of all clients 1,024 requests run at once, and others may come again", async () => {
      let [begun, open] = [0, (): void => {}];
      const gate = new Promise<void>((resolve) => open = resolve);
      const server = await start(async () => {
        begun++;
        await gate;
        return new Response("x", lengthOf(1));
      });
      const asking: ReturnType<Http3Client["ask"]>[] = [];
      for (let i = 0; i < 11; i++) {
        const client = await dial(server);
        for (let j = 0; j < 98; j++) asking.push(client.ask());
      }
      await until(() => begun === 1_024);
      await sleep(100);
      open();
      const answers = await Promise.all(asking);
      expect(answers.filter(({ isWhole, status }) => isWhole && status === 200).length).toBe(1_024);
      expect([begun, answers.length]).toEqual([1_024, 1_078]);
      expect((await (await dial(server)).ask()).status).toBe(200);
    });

    for (const how of ["resets its stream", "closes", "is gone without a word"] as const) {
      test(`a client that ${how} has its body cancelled and its request aborted`, async () => {
        let cancelled = 0, aborted = 0, finished = 0;
        const server = await start((request, info) => {
          request.signal.addEventListener("abort", () => aborted++);
          void info.finished.then(() => finished++);
          return new Response(
            bodyOf(1000 * MIB, Infinity, () => cancelled++),
            lengthOf(1000 * MIB),
          );
        }, { limits: { stallTimeoutMs: 400 } });
        const wire = await UdpWire.to(server.localAddress.port);
        const client = await dial(server, wire.port);
        const { head, stream } = await client.request();
        await head;
        if (how === "resets its stream") stream.destroy(undefined, { code: 0x10cn });
        else if (how === "closes") client.session.destroy();
        else wire.cut();
        await until(() => cancelled === 1 && aborted === 1 && finished === 1);
        wire.close();
      });
    }

    test("a client that keeps back the end of its request is answered and done with", async () => {
      let finished = 0;
      const server = await start((_request, info) => {
        void info.finished.then(() => finished++);
        return new Response(bodyOf(MIB), lengthOf(MIB));
      }, { limits: { stallTimeoutMs: 5_000 } });
      const request = await (await dial(server)).request({}, false);
      const { body, isWhole } = await request.answer();
      expect([body.length, isWhole]).toEqual([MIB, true]);
      await until(() => finished === 1);
    });

    test("what is no request is reset or refused, and the connection goes on", async () => {
      const server = await start(describing);
      const client = await dial(server);
      const many = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`x-${i}`, "1"]));
      for (
        const [fields, status] of [
          [{ host: "b" }, 400],
          [many, 431],
          [{ "x-long": "a".repeat(20_000) }, 431],
          [{ ":path": "no-path" }, 400],
        ] as readonly (readonly [RequestFields, number])[]
      ) {
        const answer = await client.ask(fields);
        expect([fields, answer.status]).toEqual([fields, status]);
      }
      expect((await client.ask()).status).toBe(200);
    });

    test("a connection on which nothing runs is ended, even if its client pings", async () => {
      const client = await dial(await start(describing, { limits: { idleTimeoutMs: 150 } }));
      expect((await client.ask()).status).toBe(200);
      await until(() => client.session.destroyed);
    });

    test("another pair is for new connections, the old ones go on", async () => {
      const server = await start(describing);
      const before = await dial(server);
      const subjectOf = async (): Promise<string> =>
        (await dial(server)).session.peerCertificate?.subject ?? "";
      expect(await subjectOf()).toContain("one.example");
      server.useTls(TWO);
      expect(await subjectOf()).toContain("two.example");
      expect((await before.ask()).status).toBe(200);
      expect(() => server.useTls({ ...ONE, certificate: "nonsense" })).toThrow(
        "holds no PEM certificate",
      );
      expect(await subjectOf()).toContain("two.example");
    });

    test("a port that is taken, and a pair that is none, are told", async () => {
      const { localAddress: { port } } = await start(describing);
      await expect(start(describing, { port })).rejects.toThrow(`UDP 127.0.0.1 port ${port}`);
      await expect(start(describing, { tls: { ...ONE, privateKey: TWO.privateKey } })).rejects
        .toThrow("belongs to another certificate");
    });

    test("stopping lets requests under way end, takes no others, and then cuts", async () => {
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => open = resolve);
      const seen: string[] = [];
      const server = await start(async (request) => {
        seen.push(new URL(request.url).pathname);
        if (request.url.endsWith("/slow")) await gate;
        if (request.url.endsWith("/never")) await new Promise(() => {});
        return new Response("x", lengthOf(1));
      });
      const client = await dial(server);
      const slow = client.ask({ ":path": "/slow" });
      const never = client.ask({ ":path": "/never" });
      await until(() => seen.length === 2);
      const stopping = server.stop(400);
      await sleep(50);
      const late = client.ask({ ":path": "/late" }).catch(() => undefined);
      open();
      expect((await slow).isWhole).toBe(true);
      await stopping;
      expect((await never).status).not.toBe(200);
      await late;
      expect(seen).toEqual(["/slow", "/never"]);
    });
  });
}
