import type { Config } from "../config/mod.ts";
import { type Address, formatAddress, SkerryError } from "../lib/mod.ts";
import type { DatagramSocket, HttpServer } from "../ports/mod.ts";
import { type Check, check, checkUdpBuffers } from "./doctor_checks.ts";
import type { Doors } from "./host.ts";
import { HTTP3_NEEDS, portClash, WITHOUT_HTTP3 } from "./http3_beside.ts";
import { loadTls } from "./tls_files.ts";

type PortDoors = Pick<
  Doors,
  "openSocket" | "serveHttp" | "serveHttp3" | "systemFacts" | "inspectTls" | "localFiles"
>;

/** No node runs: its ports have to be free, and the kernel's answer tells the buffers. */
export async function checkPorts(config: Config, doors: PortDoors): Promise<Check[]> {
  const facts = await doors.systemFacts();
  const checks: Check[] = [];
  let socket: DatagramSocket | undefined;
  try {
    const ignore = { onDatagram() {}, onBatchEnd() {}, onDrain() {} };
    socket = await doors.openSocket({ host: config.udp.ip, port: config.udp.port }, ignore);
    checks.push(check.ok("udp port", describeUdp(config.udp)));
  } catch (error) {
    const advice = "stop the program that has it, or choose another with --udp";
    checks.push(cannotBind("udp port", config.udp, error, advice));
  }
  checks.push(checkUdpBuffers(socket?.receiveBufferBytes, facts));
  await socket?.close();
  checks.push(await checkHttpPort(config, doors));
  checks.push(...await checkHttp3Port(config, doors));
  checks.push(check.ok("node", "none runs on this data directory; reachability is not known"));
  return checks;
}

const describeUdp = (udp: Address): string =>
  udp.port === 0
    ? `${udp.ip} can be bound; the first run chooses a port`
    : `${formatAddress(udp)} is free`;

const unavailable = (): Response => new Response(null, { status: 503 });

async function checkHttpPort({ http }: Config, { serveHttp }: PortDoors): Promise<Check> {
  const options = { host: http.ip, port: http.port, requestBodyBytesMax: 0 };
  try {
    await tryOut(() => serveHttp(options, unavailable));
    return check.ok("gateway port", `${formatAddress(http)} is free`);
  } catch (error) {
    const advice = "stop the program that has it, or choose another with --http";
    return cannotBind("gateway port", http, error, advice);
  }
}

/** With --http3: the port of that number is another one by UDP, and is opened as a start would. */
async function checkHttp3Port(
  { http, udp, http3, tls }: Config,
  doors: PortDoors,
): Promise<Check[]> {
  if (!http3 || tls === undefined) return [];
  const name = "http3 port";
  const clash = http.port === 0 ? undefined : portClash(http, udp);
  if (clash !== undefined) {
    return [check.failed(name, clash.message, "give --http or --udp another port")];
  }
  const { serveHttp3 } = doors;
  if (serveHttp3 === undefined) return [check.failed(name, HTTP3_NEEDS, WITHOUT_HTTP3)];
  const pair = await pairOf(tls, doors);
  if (pair === undefined) return [];
  try {
    await tryOut(() => serveHttp3({ host: http.ip, port: http.port, tls: pair }, unavailable));
    return [check.ok(name, `${formatAddress(http)} is free by UDP too`)];
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const advice = error.code === "ADDRESS_IN_USE"
      ? "stop the program that has its UDP port, or choose another with --http"
      : "do as it says, or leave out --http3";
    return [cannotBind(name, http, error, advice)];
  }
}

/** What is wrong with the files is told with the certificate. */
async function pairOf(tls: NonNullable<Config["tls"]>, doors: PortDoors) {
  try {
    return (await loadTls(tls, doors)).pair;
  } catch (error) {
    if (error instanceof SkerryError) return undefined;
    throw error;
  }
}

async function tryOut(open: () => Promise<HttpServer>): Promise<void> {
  const server = await open();
  await server.stop(0);
}

function cannotBind(name: string, at: Address, error: unknown, advice: string): Check {
  if (!(error instanceof SkerryError)) throw error;
  return check.failed(name, `${formatAddress(at)}: ${error.message}`, advice);
}
