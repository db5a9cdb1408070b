import { type NetworkName, networkOf, type NodeUri, parseNodeUri } from "../identity/mod.ts";
import type { Address } from "../lib/mod.ts";
import type { LogLevel } from "../ports/mod.ts";
import type { Cidr } from "./cidr.ts";
import { isLoopback } from "./listen_address.ts";
import type { PayRate } from "./pay_rate.ts";
import type { CONGESTION_CONTROLS, ServePolicy, Settings } from "./schema.ts";
import { exactSize } from "./size.ts";

/** Everything a node is told before it starts: parsed once at the roof, frozen, handed down. */
export interface Config {
  /** Absolute path. */
  readonly dataDir: string;
  readonly network: NetworkName;
  /** The UDP port is never 0 here. */
  readonly udp: Address;
  /** Nodes to join through; hosts may be names. Given ones, else the network's seed list. */
  readonly bootstrap: readonly NodeUri[];
  readonly http: Address;
  /** Processes that answer there beside this one; 0 = this one does. */
  readonly httpWorkers: number;
  /** Seconds in which what is in front of the gateway may learn that it is going to close. */
  readonly drainWait: number;
  /** Paths of PEM files, absolute; undefined = plain HTTP. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** The gateway speaks HTTP/3 too, on the UDP port of the same number; only with tls. */
  readonly http3: boolean;
  readonly serve: ServePolicy;
  /** Ids for serve = allowlist, lower case. */
  readonly allow: readonly string[];
  readonly gatewayHost: string | undefined;
  readonly trustedProxy: readonly Cidr[];
  /** Absolute path of the file of clients that have a quota; undefined = all are strangers. */
  readonly clientFile: string | undefined;
  /** Credit bytes that one request to the gateway may cost; undefined = any price that is paid. */
  readonly readBudget: number | undefined;
  /** /status of the gateway is there for all. */
  readonly publicStatus: boolean;
  /** An e-mail address or URL of who runs the gateway. */
  readonly contact: string | undefined;
  /** Paths of denylists, absolute; the last rule that matches decides. */
  readonly denylist: readonly string[];
  /** Where caches are told what to forget. */
  readonly purgeUrl: string | undefined;
  /** Absolute path of the file with its bearer token. */
  readonly purgeTokenFile: string | undefined;
  /** Bytes of the longest file of which ranges are served. */
  readonly maxRangeFile: number;
  /** Most bytes of disk for chunks and their databases. */
  readonly storeBytes: number;
  /** Of it, what is for content that was not published here; undefined = all. */
  readonly sellDisk: number | undefined;
  /** Ceiling on bytes per second sent to those who buy; undefined = none. */
  readonly sellUp: number | undefined;
  /** Range and least popularity of what is sold; undefined: the node finds them by itself. */
  readonly sellRange: number | undefined;
  readonly minPopularity: number | undefined;
  /** Nodes that are to hold what lies near this one or was published here; 0 = nobody is asked. */
  readonly replicas: number;
  /** Most bytes an hour given away for that, and taken. */
  readonly replicaBytes: number;
  /** Peers are kept to their lines of credit and the free pool. */
  readonly credit: boolean;
  /** Least price factor asked, 0 … 160. */
  readonly priceFloor: number;
  /** Greatest one paid; undefined: it follows from the network's size. */
  readonly maxPrice: number | undefined;
  /** Percent of one processor for the search for a better rank, 0 … 100. */
  readonly mineDuty: number;
  /** Least rank that is served, 0 … 63. */
  readonly minRank: number;
  /** Credit is sold at this rate; undefined: it is not. One of payTo and payHook goes with it. */
  readonly payRate: PayRate | undefined;
  /** What payers are told where the operator marks what is paid. */
  readonly payTo: string | undefined;
  /** Absolute path of the program that makes invoices and knows what is paid. */
  readonly payHook: string | undefined;
  readonly congestionControl: (typeof CONGESTION_CONTROLS)[number];
  readonly admin: Address;
  readonly logLevel: LogLevel;
}

/** Defaults that are drawn or measured at the first run and kept in the data directory, so that a
 * restart neither moves the node nor shrinks its store. */
export interface KeptDefaults {
  /** 1025 … 65535. */
  readonly udpPort: number;
  readonly storeBytes: number;
}

const STORE_DEFAULT_MAX = 10 * 2 ** 30;
const STORE_SHARE_OF_FREE = 0.1;
/** Percent of one processor (protocol.md §5): rank 19 after a day, one more each time the days
 * double. */
const MINE_DUTY = 10;

/** The default of --store-bytes: the smaller of 10 GiB and 10 % of free disk. */
export function defaultStoreBytes(freeBytes: number): number {
  return Math.floor(Math.min(STORE_DEFAULT_MAX, freeBytes * STORE_SHARE_OF_FREE));
}

/** A port for a first run: uniform in 1025 … 65535 (S3-01), so that scanning one port finds no
 * network. @param below gives a uniform integer in [0, bound). */
export function drawUdpPort(below: (bound: number) => number): number {
  return 1025 + below(65_535 - 1025 + 1);
}

/** Fills in what the settings leave to the machine. @param dataDir absolute. */
export function completeConfig(settings: Settings, dataDir: string, kept: KeptDefaults): Config {
  const credit = settings.credit === "auto" ? settings.network === "main" : settings.credit;
  const hasUseForRank = credit || settings.network === "main";
  const udp = settings.udp ?? { ip: "::", port: 0 };
  return Object.freeze({
    dataDir,
    network: settings.network,
    udp: udp.port === 0 ? { ip: udp.ip, port: kept.udpPort } : udp,
    bootstrap: settings.bootstrap.length > 0 ? settings.bootstrap : seedsOf(settings.network),
    http: settings.http,
    httpWorkers: settings.httpWorkers,
    drainWait: settings.drainWait,
    tls: tlsOf(settings),
    http3: settings.http3,
    serve: settings.serve ?? "open",
    allow: settings.allow,
    gatewayHost: settings.gatewayHost,
    trustedProxy: settings.trustedProxy,
    clientFile: settings.clientFile,
    readBudget: settings.readBudget,
    publicStatus: settings.publicStatus,
    contact: settings.contact,
    denylist: settings.denylist,
    purgeUrl: settings.purgeUrl,
    purgeTokenFile: settings.purgeTokenFile,
    maxRangeFile: settings.maxRangeFile,
    storeBytes: settings.storeBytes ?? Math.max(kept.storeBytes, settings.sellDisk ?? 0),
    sellDisk: settings.sellDisk,
    sellUp: settings.sellUp,
    sellRange: settings.sellRange,
    minPopularity: settings.minPopularity,
    credit,
    replicas: settings.replicas,
    replicaBytes: settings.replicaBytes,
    priceFloor: settings.priceFloor,
    maxPrice: settings.maxPrice,
    mineDuty: settings.mineDuty ?? (hasUseForRank ? MINE_DUTY : 0),
    minRank: settings.minRank,
    payRate: settings.payRate,
    payTo: settings.payTo,
    payHook: settings.payHook,
    congestionControl: settings.congestionControl,
    admin: settings.admin,
    logLevel: settings.logLevel,
  });
}

function tlsOf({ tlsCert, tlsKey }: Settings): Config["tls"] {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { certPath: tlsCert, keyPath: tlsKey };
}

function seedsOf(network: NetworkName): NodeUri[] {
  return networkOf(network).seeds.flatMap((seed) => {
    const uri = parseNodeUri(seed);
    return "fault" in uri ? [] : [uri]; // a test parses every seed: none is lost here
  });
}

/** Rules between settings, as sentences; none if all are kept. */
export function conflictsIn(settings: Settings): string[] {
  const found: string[] = [];
  if (!isLoopback(settings.http.ip) && settings.serve === undefined) {
    found.push(
      `--http ${settings.http.ip} can be reached from other machines: ` +
        "choose what to serve them with --serve open, allowlist or own",
    );
  }
  if (!isLoopback(settings.admin.ip)) {
    found.push(
      `--admin ${settings.admin.ip} is not a loopback address: ` +
        "the admin API may publish and read local files, so use 127.0.0.1 or [::1]",
    );
  }
  if ((settings.tlsCert === undefined) !== (settings.tlsKey === undefined)) {
    const [given, missing] = settings.tlsKey === undefined
      ? ["--tls-cert", "--tls-key"]
      : ["--tls-key", "--tls-cert"];
    found.push(`${given} needs ${missing}: TLS takes a certificate and its private key`);
  }
  if (settings.http3 && settings.tlsCert === undefined && settings.tlsKey === undefined) {
    found.push("--http3 needs --tls-cert and --tls-key: there is no HTTP/3 without TLS");
  }
  if (settings.httpWorkers > 0 && settings.tlsCert !== undefined) {
    found.push(
      `--http-workers ${settings.httpWorkers} and --tls-cert do not go together: workers speak ` +
        "plain HTTP/1.1. Leave out the one, or have a proxy speak TLS in front",
    );
  }
  const { storeBytes, sellDisk } = settings;
  if (storeBytes !== undefined && sellDisk !== undefined && sellDisk > storeBytes) {
    found.push(
      `--sell-disk ${exactSize(sellDisk)} is more than --store-bytes ${exactSize(storeBytes)}, ` +
        "which it is a part of: lower the one or raise the other",
    );
  }
  if (settings.serve === "allowlist" && settings.allow.length === 0) {
    found.push("--serve allowlist serves nothing without at least one --allow META");
  }
  if (settings.purgeTokenFile !== undefined && settings.purgeUrl === undefined) {
    found.push("--purge-token-file belongs to --purge-url, which is not given");
  }
  found.push(...paymentConflictsIn(settings));
  return found;
}

function paymentConflictsIn({ payRate, payTo, payHook }: Settings): string[] {
  const how = [payTo === undefined ? [] : "--pay-to", payHook === undefined ? [] : "--pay-hook"]
    .flat();
  if (payRate === undefined) {
    return how.map((flag) => `${flag} needs --pay-rate: what does credit cost?`);
  }
  if (how.length === 1) return [];
  if (how.length === 2) return ["--pay-to and --pay-hook are two ways to be paid: choose one"];
  return ["--pay-rate needs --pay-to TEXT (what to tell payers) or --pay-hook PROGRAM"];
}
