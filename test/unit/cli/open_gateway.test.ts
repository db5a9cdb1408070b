import { openGateway } from "../../../src/cli/open_gateway.ts";
import type { WorkerPorts } from "../../../src/cli/host.ts";
import { completeConfig, SETTINGS } from "../../../src/config/mod.ts";
import type { HttpServeOptions, WorkerProcessEvents } from "../../../src/ports/mod.ts";
import type { ToWorker } from "../../../src/front/messages.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

function configOf(set: Readonly<Record<string, string>>) {
  return completeConfig(SETTINGS.parse(set), "/data", { udpPort: 5_000, storeBytes: 2 ** 30 });
}

/** @param answer what each worker says when it has been set up. */
function setUp(answer: object = { kind: "listening" }) {
  const fixture = new CliFixture();
  const served: HttpServeOptions[] = [];
  const stopped: number[] = [];
  const told: ToWorker[] = [];
  const taken = new Set<number>();
  const serveHttp = ({ host, port: wanted, ...rest }: HttpServeOptions) => {
    let port = wanted;
    while (port === 0 || taken.has(port)) port = Math.max(port + 1, 40_000); // as a kernel may
    if (wanted !== 0 && port !== wanted) throw new SkerryError("ADDRESS_IN_USE", String(wanted));
    taken.add(port);
    served.push({ host, port: wanted, ...rest });
    return Promise.resolve({
      localAddress: { ip: host, port },
      useTls() {},
      stop: () => {
        stopped.push(port);
        taken.delete(port);
        return Promise.resolve();
      },
    });
  };
  const workers = {
    start: (_args: readonly string[], events: WorkerProcessEvents) => ({
      pid: 7,
      send: (message: unknown) => {
        const its = message as ToWorker;
        told.push(its);
        if (its.kind === "setup") queueMicrotask(() => events.onMessage(answer));
        if (its.kind === "drain") queueMicrotask(() => events.onExit("exit code 0"));
      },
      kill: () => events.onExit("SIGKILL"),
    }),
  } as unknown as WorkerPorts;
  const doors = { ...fixture.doors, serveHttp, workers };
  const logger = { log: () => {} };
  const open = (flags: Readonly<Record<string, string>>, isHere = true) =>
    openGateway(
      configOf(flags),
      { ...doors, workers: isHere ? workers : undefined },
      logger,
      { requestBodyBytesMax: 0 },
      () => new Response(),
    );
  return { served, stopped, told, open };
}

test("without workers the gateway listens in this process", async () => {
  const { served, told, open } = setUp();
  const server = await open({ http: "127.0.0.1:8080" }, false);
  expect(server.localAddress).toEqual({ ip: "127.0.0.1", port: 8080 });
  expect([served.length, served[0]?.introducedBy, told.length]).toEqual([1, undefined, 0]);
});

test("workers have the public address, and the node one that only they can use", async () => {
  const { served, stopped, told, open } = setUp();
  const server = await open({ http: "127.0.0.1:8080", httpWorkers: "2" });
  expect(server.localAddress).toEqual({ ip: "127.0.0.1", port: 8080 });
  // The public address was tried alone first, and let go.
  expect([served[0]?.port, stopped]).toEqual([8080, [8080]]);
  expect([served[1]?.host, served[1]?.port]).toEqual(["127.0.0.1", 0]);
  expect(told.map((one) => one.kind === "setup" && one.settings)).toMatchObject(
    Array.from({ length: 2 }, () => ({
      at: { ip: "127.0.0.1", port: 8080 },
      node: { ip: "127.0.0.1", port: 40_000 },
      secret: served[1]?.introducedBy,
      storeDirectory: "/data/store",
      workers: 2,
      hasNamedClients: false,
    })),
  );
  expect(served[1]?.introducedBy).toMatch(/^[0-9a-f]{64}$/);
  await server.stop(1_000);
  expect(stopped).toEqual([8080, 40_000]);
});

test("the node's own port is not the public one, though the kernel may give it", async () => {
  for (const http of ["127.0.0.1:0", "127.0.0.1:40000"]) {
    const { told, open } = setUp();
    const { localAddress } = await open({ http, httpWorkers: "1" });
    expect(localAddress.port).toBe(40_000);
    expect(told[0]).toMatchObject({ settings: { at: localAddress, node: { port: 40_001 } } });
  }
});

test("where there can be no workers, and where one cannot listen, the start says why", async () => {
  const { open } = setUp();
  await expect(open({ httpWorkers: "2" }, false)).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    message: expect.stringContaining("--http-workers 2 needs Linux and Bun"),
  });
  const { stopped, open: openLate } = setUp({
    kind: "failed",
    code: "ADDRESS_IN_USE",
    message: "it was taken just now",
  });
  await expect(openLate({ httpWorkers: "1" })).rejects.toBeInstanceOf(SkerryError);
  expect(stopped).toEqual([8080, 40_000]);
});
