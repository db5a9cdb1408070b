import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type Settings,
} from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { HttpHandler, HttpServeOptions, HttpServer, ServeHttp } from "../../src/ports/mod.ts";
import { afterEach, describe, expect, test } from "../support/harness.ts";
import { ONE, TWO } from "../support/tls_pairs.ts";
import { sleep, until } from "../support/until.ts";

const MIB = 2 ** 20;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
  /** It ended by itself and under its length. Bun's client (1.4.5) is told of no reset. */
  readonly isWhole: boolean;
}

function ask(session: ClientHttp2Session, fields: Record<string, string>): Promise<Answer> {
  const stream = session.request({ ":path": "/", ...fields });
  return answerOf(stream);
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let headers: Record<string, unknown> = {};
    const pieces: Uint8Array[] = [];
    stream.on("response", (given) => headers = { ...given });
    stream.on("data", (piece: Uint8Array) => pieces.push(Uint8Array.from(piece)));
    let isWhole = false;
    stream.on("end", () => isWhole = stream.rstCode === 0);
    stream.on("error", () => isWhole = false);
    stream.on("close", () => {
      const body = new Uint8Array(Buffer.concat(pieces));
      const isFull = [undefined, String(body.length)].includes(lengthIn(headers));
      resolve({ status: Number(headers[":status"]), headers, body, isWhole: isWhole && isFull });
    });
    stream.end();
  });
}

const lengthIn = (headers: Readonly<Record<string, unknown>>): string | undefined => {
  const length = headers["content-length"];
  return length === undefined ? undefined : String(length);
};

/** The law of HttpServeOptions.tls in ports/http_server.ts, to be kept by every adapter. */
export function httpTls(name: string, serve: ServeHttp): void {
  describe(`HttpServer law on TLS: ${name}`, () => {
    const servers: HttpServer[] = [];
    const sessions: ClientHttp2Session[] = [];
    afterEach(async () => {
      for (const session of sessions.splice(0)) session.destroy();
      for (const server of servers.splice(0)) await server.stop(0);
    });

    async function start(
      handler: HttpHandler,
      options: Partial<HttpServeOptions> = {},
    ): Promise<HttpServer> {
      const all = { host: "127.0.0.1", port: 0, requestBodyBytesMax: 0, tls: ONE, ...options };
      const server = await serve(all, handler);
      servers.push(server);
      return server;
    }

    function dial(
      { localAddress: { port } }: HttpServer,
      settings: Settings = {},
    ): ClientHttp2Session {
      const options = { rejectUnauthorized: false, settings };
      const session = connectHttp2(`https://127.0.0.1:${port}`, options);
      session.on("error", () => {}); // the requests tell
      sessions.push(session);
      return session;
    }

    function dialTls({ localAddress: { port } }: HttpServer): Promise<TLSSocket> {
      return new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port, rejectUnauthorized: false };
        const socket = connectTls(options, () => resolve(socket));
        socket.once("error", reject);
      });
    }

    /** What comes back for `text` until the other end closes, over TLS with HTTP/1.1. */
    async function say(server: HttpServer, text: string): Promise<string> {
      const socket = await dialTls(server);
      let got = "";
      socket.on("data", (piece) => got += String(piece));
      socket.on("error", () => {});
      socket.write(text);
      await new Promise((resolve) => socket.once("close", resolve));
      return got;
    }

    const describing: HttpHandler = (request, { target, remote }) => {
      const text = [request.method, request.url, request.headers.get("host"), target, remote.ip];
      const body = text.join(" ");
      return new Response(body, { headers: { "content-length": String(body.length), "x-a": "1" } });
    };

    test("HTTP/2 and HTTP/1.1 tell the handler the same", async () => {
      const server = await start(describing);
      const fields = { ":path": "/a%2e?b", ":authority": "example.net:81" };
      const answer = await ask(dial(server), fields);
      const said = "GET https://example.net:81/a%2e?b example.net:81 /a%2e?b 127.0.0.1";
      expect(new TextDecoder().decode(answer.body)).toBe(said);
      expect([answer.status, answer.headers["x-a"], answer.headers["connection"]])
        .toEqual([200, "1", undefined]);
      const request = "GET /a%2e?b HTTP/1.1\r\nHost: example.net:81\r\nConnection: close\r\n\r\n";
      expect((await say(server, request)).endsWith(said)).toBe(true);
    });

    test("a HEAD has no body, and what is at hand is sent in either version", async () => {
      const server = await start(describing, {
        ready: ({ method, header }) => {
          if (method !== "GET") return undefined;
          const body = new TextEncoder().encode(`ready ${header("host")}`);
          return {
            status: 200,
            headers: ["content-length", "7"],
            body: body.subarray(0, 7),
            onLeft: () => {},
          };
        },
      });
      const session = dial(server);
      const head = await ask(session, { ":method": "HEAD" });
      expect([head.status, head.body.length]).toEqual([200, 0]);
      const ready = await ask(session, { ":authority": "x" });
      expect(new TextDecoder().decode(ready.body)).toBe("ready x");
      const text = await say(server, "GET / HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n");
      expect(text.endsWith("ready y")).toBe(true);
    });

    test("requests of one HTTP/2 connection do not wait for one another", async () => {
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => open = resolve);
      const server = await start(async (request) => {
        if (request.url.endsWith("/slow")) await gate;
        return new Response("x", { headers: { "content-length": "1" } });
      });
      const session = dial(server);
      const slow = ask(session, { ":path": "/slow" });
      expect((await ask(session, { ":path": "/fast" })).status).toBe(200);
      open();
      expect((await slow).status).toBe(200);
    });

    test("a long body comes whole, from memory that is used again for each piece", async () => {
      const server = await start(() => {
        const memory = new Uint8Array(MIB);
        let i = 0;
        const stream = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (i < 8) controller.enqueue(memory.fill(i++));
            else controller.close();
          },
        }, { highWaterMark: 0 });
        return new Response(stream, { headers: { "content-length": String(8 * MIB) } });
      });
      const { body, isWhole } = await ask(dial(server), {});
      expect([body.length, isWhole]).toEqual([8 * MIB, true]);
      for (let i = 0; i < 8; i++) {
        const part = body.subarray(i * MIB, (i + 1) * MIB);
        expect(Buffer.compare(part, new Uint8Array(MIB).fill(i))).toBe(0);
      }
    });

    test("a body that fails resets its stream and leaves the connection alone", async () => {
      const faults: unknown[] = [];
      const server = await start((request) => {
        if (!request.url.endsWith("/bad")) return describing(request, { remote: {} } as never);
        let i = 0;
        const stream = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (i++ < 2) controller.enqueue(new Uint8Array(1000));
            else controller.error(new Error("broken"));
          },
        }, { highWaterMark: 0 });
        return new Response(stream, { headers: { "content-length": "5000" } });
      }, { onFault: (error) => void faults.push(error) });
      const session = dial(server);
      const bad = await ask(session, { ":path": "/bad" });
      expect(bad.isWhole).toBe(false);
      expect(String(faults[0])).toContain("broken");
      expect((await ask(session, { ":path": "/good" })).status).toBe(200);
    });

    test("a client that goes away has its body cancelled and its request aborted", async () => {
      let cancelled = 0, aborted = 0, finished = 0;
      const server = await start((request, info) => {
        request.signal.addEventListener("abort", () => aborted++);
        void info.finished.then(() => finished++);
        const stream = new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new Uint8Array(MIB)),
          cancel: () => void cancelled++,
        }, { highWaterMark: 0 });
        return new Response(stream, { headers: { "content-length": String(1000 * MIB) } });
      });
      const session = dial(server);
      const stream = session.request({ ":path": "/" });
      stream.on("error", () => {});
      await new Promise((resolve) => stream.once("response", resolve));
      stream.close(8);
      await until(() => cancelled + aborted + finished === 3);
      const second = session.request({ ":path": "/" });
      second.on("error", () => {});
      await new Promise((resolve) => second.once("response", resolve));
      session.destroy();
      await until(() => cancelled + aborted + finished === 6);
    });

    test("a stream whose client takes nothing is cut off", async () => {
      const server = await start(() => {
        const stream = new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(new Uint8Array(MIB)),
        }, { highWaterMark: 0 });
        return new Response(stream, { headers: { "content-length": String(1000 * MIB) } });
      }, { limits: { stallTimeoutMs: 100 } });
      const stream = dial(server).request({ ":path": "/" });
      stream.on("error", () => {});
      await new Promise((resolve) => stream.once("close", resolve)); // never read, so flow control
      expect(stream.rstCode).not.toBe(0);
    });

    for (const method of ["HEAD", "GET"]) {
      for (const path of ["/200", "/304", "/ready/200", "/ready/304"]) {
        test(`the end of ${method} ${path} is kept back: it is answered and over`, async () => {
          const left: string[] = [];
          const status = Number(path.slice(-3));
          const hasBody = method === "GET" && status === 200;
          const body = new Uint8Array(hasBody ? 200_000 : 0).fill(7); // more than a client's window
          const server = await start((_request, { target, finished }) => {
            void finished.then(() => left.push(target));
            return new Response(hasBody ? body : null, { status, headers: { "x-a": "1" } });
          }, {
            limits: { idleTimeoutMs: 50 },
            ready: ({ target }) =>
              target.startsWith("/ready")
                ? { status, headers: ["x-a", "1"], body, onLeft: () => void left.push(target) }
                : undefined,
          });
          const session = dial(server);
          const fields = { ":method": method, ":path": path };
          const stream = session.request(fields, { endStream: false });
          let bytes = 0;
          stream.on("data", (piece: Uint8Array) => bytes += piece.length);
          stream.on("error", () => {});
          await until(() => stream.closed && session.closed);
          expect([stream.rstCode, bytes, left]).toEqual([0, body.length, [path]]);
        });
      }
    }

    test("a refused request whose end is kept back is over as well", async () => {
      const stream = dial(await start(describing))
        .request({ ":path": "/", ":authority": "a", host: "b" }, { endStream: false });
      let status = 0;
      stream.on("response", (headers) => status = Number(headers[":status"])).on("error", () => {});
      await until(() => stream.closed);
      expect([status, stream.rstCode]).toEqual([400, 0]);
    });

    test("keeping back the end of a request does not help who takes nothing", async () => {
      let finished = 0;
      const server = await start((_request, info) => {
        void info.finished.then(() => finished++);
        return new Response("hello", { headers: { "content-length": "5" } });
      }, { limits: { stallTimeoutMs: 100 } });
      const session = dial(server, { initialWindowSize: 0 });
      const stream = session.request({ ":path": "/" }, { endStream: false });
      stream.on("error", () => {});
      await until(() => stream.closed && finished === 1);
      expect(stream.rstCode).not.toBe(0);
    });

    test("two hosts, a transfer coding and too many fields are refused", async () => {
      const server = await start(describing);
      const statusOf = async (fields: Record<string, string>): Promise<number> =>
        (await ask(dial(server), fields)).status;
      expect(await statusOf({ ":authority": "a", host: "b" })).toBe(400);
      const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`x-${i}`, "1"]));
      expect(await statusOf(many)).not.toBe(200);
      const smuggled = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
      expect((await say(server, smuggled)).match(/HTTP\/1\.1 /g)).toEqual(["HTTP/1.1 "]);
      expect(await say(server, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"))
        .toMatch(/^HTTP\/1\.1 400 /);
    });

    test("silence is ended: before the handshake, in it, and in half a request", async () => {
      const server = await start(describing, {
        limits: { headerTimeoutMs: 150, idleTimeoutMs: 150 },
      });
      const { port } = server.localAddress;
      const tcp = connectTcp({ host: "127.0.0.1", port });
      tcp.on("error", () => {});
      await new Promise((resolve) => tcp.once("close", resolve).resume());
      const half = await say(server, "GET / HTTP/1.1\r\nHost");
      expect(half === "" || half.startsWith("HTTP/1.1 408 ")).toBe(true);
      const session = dial(server);
      expect((await ask(session, {})).status).toBe(200);
      await new Promise((resolve) => session.once("close", resolve));
    });

    test("what is not TLS gets no answer of ours, and the server goes on", async () => {
      const server = await start(describing);
      const tcp = connectTcp({ host: "127.0.0.1", port: server.localAddress.port });
      let got = "";
      tcp.on("data", (bytes) => got += String(bytes));
      tcp.on("error", () => {});
      tcp.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      await new Promise((resolve) => tcp.once("close", resolve));
      expect(got).not.toContain("200");
      expect((await ask(dial(server), {})).status).toBe(200);
    });

    test("another pair is for new connections, the old ones go on; none is refused", async () => {
      const server = await start(describing);
      const before = dial(server);
      expect((await ask(before, {})).status).toBe(200);
      const subject = async (): Promise<string> => {
        const socket = await dialTls(server);
        const { CN } = socket.getPeerCertificate().subject;
        socket.destroy();
        return String(CN);
      };
      expect(await subject()).toBe("one.example");
      server.useTls(TWO);
      expect(await subject()).toBe("two.example");
      expect((await ask(before, {})).status).toBe(200);
      expect(() => server.useTls({ ...ONE, certificate: "nonsense" })).toThrow(
        "holds no PEM certificate",
      );
      expect(await subject()).toBe("two.example");
    });

    test("a chain is refused for each of its certificates, before a start and in use", async () => {
      const chained = (second: string) => ({ ...ONE, certificate: ONE.certificate + second });
      const second = TWO.certificate;
      const server = await start(describing, { tls: chained(`about the next\r\n${second}`) });
      const halved = second.slice(0, 300);
      const damaged = "certificate 2 of 2 in the certificate file is damaged";
      for (
        const [certificate, rule] of [
          [second.replace("MIIB", "M!!B"), damaged],
          [second.replace("MIIB", "AAAA"), damaged],
          [halved + second, "without the other"],
          [halved, "without the other"],
          [second.replace("-----BEGIN", "----BEGIN"), "without the other"],
        ] as const
      ) {
        expect(() => server.useTls(chained(certificate))).toThrow(rule);
        await expect(start(describing, { tls: chained(certificate) })).rejects.toThrow(rule);
      }
    });

    test("stopping lets streams under way end, and then cuts", async () => {
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => open = resolve);
      const server = await start(async (request) => {
        if (request.url.endsWith("/slow")) await gate;
        if (request.url.endsWith("/never")) await new Promise(() => {});
        return new Response("x", { headers: { "content-length": "1" } });
      });
      const session = dial(server);
      const slow = ask(session, { ":path": "/slow" });
      const never = ask(session, { ":path": "/never" });
      await sleep(50);
      const stopping = server.stop(300);
      open();
      expect((await slow).status).toBe(200);
      await stopping;
      expect((await never).status).not.toBe(200);
    });
  });
}
