import { serveWithHttp3 } from "../../../src/cli/http3_beside.ts";
import { completeConfig, SETTINGS } from "../../../src/config/mod.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import type {
  Http3ServeOptions,
  HttpHandler,
  HttpServeOptions,
  HttpServer,
  RequestHead,
} from "../../../src/ports/mod.ts";
import { expect, test } from "../../support/harness.ts";

const TLS = { certificate: "a chain", privateKey: "its key" };
const INFO = {} as never;
const HEAD = {} as RequestHead;

function setUp(http = "127.0.0.1:8443", udp = "[::]:5000", fault?: Error) {
  const served: { options: HttpServeOptions; handler: HttpHandler }[] = [];
  const served3: Http3ServeOptions[] = [];
  const told: string[] = [];
  const serverAt = (name: string, ip: string, port: number): HttpServer => ({
    localAddress: { ip, port },
    useTls: ({ certificate }) => void told.push(`${name} ${certificate}`),
    stop: (graceMs) => Promise.resolve(void told.push(`${name} stop ${graceMs}`)),
  });
  const doors = {
    serveHttp: (options: HttpServeOptions, handler: HttpHandler) => {
      served.push({ options, handler });
      const { host, port } = options;
      return Promise.resolve(serverAt("tcp", host, port === 0 ? 40_000 : port));
    },
    serveHttp3: (options: Http3ServeOptions) => {
      if (fault !== undefined) return Promise.reject(fault);
      served3.push(options);
      return Promise.resolve(serverAt("udp", options.host, options.port));
    },
  };
  const kept = { udpPort: 5_000, storeBytes: 2 ** 30 };
  const config = completeConfig(SETTINGS.parse({ http, udp }), "/data", kept);
  const options: HttpServeOptions = {
    host: "",
    port: 0,
    requestBodyBytesMax: 0,
    tls: TLS,
    ready: () => ({ status: 200, headers: ["a", "b"], body: new Uint8Array(), onLeft: () => {} }),
  };
  const handler: HttpHandler = () => Response.redirect("https://a.example/");
  const open = (has = true) =>
    serveWithHttp3(
      config,
      has ? doors : { ...doors, serveHttp3: undefined },
      options,
      handler,
    );
  return { served, served3, told, open };
}

test("HTTP/3 has the number of the TCP port, and answers by TCP tell so", async () => {
  const { served, served3, open } = setUp("127.0.0.1:0");
  const server = await open();
  expect([server.localAddress.port, served3[0]?.port, served3[0]?.tls]).toEqual([
    40_000,
    40_000,
    TLS,
  ]);
  const [{ options, handler } = { options: undefined, handler: undefined }] = served;
  const altSvc = 'h3=":40000"; ma=3600';
  const answer = await handler?.(new Request("https://a.example/b"), INFO);
  expect([answer?.status, answer?.headers.get("location"), answer?.headers.get("alt-svc")])
    .toEqual([302, "https://a.example/", altSvc]);
  const ready = await options?.ready?.(HEAD, () => new AbortController().signal);
  expect(ready?.headers).toEqual(["a", "b", "alt-svc", altSvc]);
  const over3 = await served3[0]?.ready?.(HEAD, () => new AbortController().signal);
  expect(over3?.headers).toEqual(["a", "b"]);
});

test("a new pair and the end are both servers', and nobody is sent there any more", async () => {
  const { served, told, open } = setUp();
  const server = await open();
  server.useTls({ certificate: "another", privateKey: "" });
  await server.stop(7);
  expect(told).toEqual(["tcp another", "udp another", "tcp stop 7", "udp stop 7"]);
  const answer = await served[0]?.handler(new Request("https://a.example/b"), INFO);
  expect(answer?.headers.has("alt-svc")).toBe(false);
});

for (const udp of ["127.0.0.1:8443", "[::]:8443", "0.0.0.0:8443"]) {
  test(`the port on which other nodes are heard (${udp}) is refused`, async () => {
    const { served3, told, open } = setUp("127.0.0.1:8443", udp);
    await expect(open()).rejects.toThrow("this node listens for others there");
    expect([served3.length, told]).toEqual([0, ["tcp stop 0"]]);
  });
}

test("another host of the same number is none of ours", async () => {
  const { served3, open } = setUp("127.0.0.1:8443", "127.0.0.2:8443");
  await open();
  expect(served3.length).toBe(1);
});

test("where there is no HTTP/3, or its port is taken, nothing is left open", async () => {
  await expect(setUp().open(false)).rejects.toThrow("--http3 needs Linux and Bun");
  const taken = setUp(undefined, undefined, new SkerryError("ADDRESS_IN_USE", "taken"));
  await expect(taken.open()).rejects.toThrow("taken");
  expect(taken.told).toEqual(["tcp stop 0"]);
});
