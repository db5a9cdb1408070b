import { z } from "zod";
import { NETWORK_NAMES, RANK_MAX } from "../identity/mod.ts";
import { parseMetaId, utf8 } from "../lib/mod.ts";
import { LOG_LEVELS } from "../ports/mod.ts";
import { parseCidr } from "./cidr.ts";
import { parsePayRate } from "./pay_rate.ts";
import {
  dnsName,
  factor,
  list,
  listenAddress,
  nodeUri,
  onOff,
  parseContact,
  parseHttpUrl,
  path,
  rate,
  size,
  text,
  upTo,
} from "./setting_types.ts";

/** What people are told about a setting. Its flag, environment variable and file key follow from
 * its name: see flagOf(), environmentOf() and fileKeyOf(). */
export interface SettingText {
  /** One sentence part, for --help and the README. */
  readonly help: string;
  /** What the value looks like; absent for a switch. */
  readonly placeholder?: string;
  /** The flag may stand without a value, which is true then. */
  readonly isPlaceholderOptional?: boolean;
  /** The default as a person would say it. */
  readonly defaultText: string;
  /** Whether every command takes it, or `run` alone. */
  readonly commands: "all" | "run";
}

/** Names of the transport's congestion controllers. */
export const CONGESTION_CONTROLS = ["cubic", "bbr_lite"] as const;

export const SERVE_POLICIES = ["open", "allowlist", "own"] as const;
export type ServePolicy = (typeof SERVE_POLICIES)[number];

/** A quota below 16 chunks could not hold what one reader streams ahead. */
export const STORE_BYTES_MIN = 16 * 2 ** 20;
/** 64 kbit/s: at less a chunk takes over two minutes, and every buyer has long given up. */
export const SELL_UP_MIN = 8_000;
/** Above what caches in front take in one piece, and where a mistaken full fetch starts to hurt. */
const RANGE_FILE_BYTES = 5 * 2 ** 30;
/** As dht/ has it: of nine copies eight would have to go before one is replaced. */
const REPLICAS_MAX = 8;
/** 0.6 Mbit/s at most each way, a thirtieth of a slow home line, and only while there is something
 * to copy. Less than a chunk would stand still for hours. */
const REPLICA_BYTES = 256 * 2 ** 20;
const REPLICA_BYTES_MIN = 2 ** 20;
/** Some 60 MB each; more than one for each processor gains nothing. */
const HTTP_WORKERS_MAX = 64;
/** Seconds: with the 10 s of the stop itself, within the 90 s after which systemd kills. */
const DRAIN_WAIT_MAX = 60;
const BOOTSTRAP_MAX = 64; // a hand-written list; the routing table does the rest
const LIST_MAX = 1024;
const DENYLISTS_MAX = 16; // subscriptions, and one's own list behind them

const texts = z.registry<SettingText>();

/** Every setting of the program, once: its type, default and text. Flags, environment variables,
 * file keys, --help and the table in the README all come from here. */
export const SETTINGS = z.object({
  data: path("must be a path").optional().register(texts, {
    help: "directory that holds the identity, the store and the node's state",
    placeholder: "DIR",
    defaultText: "`$XDG_DATA_HOME/skerry`, else `~/.local/share/skerry`",
    commands: "all",
  }),
  config: path("must be a path").optional().register(texts, {
    help: "TOML file with settings",
    placeholder: "FILE",
    defaultText: "none",
    commands: "all",
  }),
  network: z.enum(NETWORK_NAMES, { error: `must be one of ${NETWORK_NAMES.join(", ")}` })
    .default("main").register(texts, {
      help: "network to belong to; dev has a trivial id puzzle and allows private addresses",
      placeholder: "NAME",
      defaultText: "`main`",
      commands: "all",
    }),
  udp: listenAddress.optional().register(texts, {
    help: "where to listen for other nodes",
    placeholder: "HOST:PORT",
    defaultText: "`[::]:` and a random port above 1024, chosen at the first run and kept",
    commands: "run",
  }),
  bootstrap: list(nodeUri, BOOTSTRAP_MAX).default([]).register(texts, {
    help: "node to join the network through (repeatable)",
    placeholder: "URI",
    defaultText: "the network's seed list",
    commands: "run",
  }),
  http: listenAddress.default({ ip: "127.0.0.1", port: 8080 }).register(texts, {
    help: "where the public gateway listens; beyond loopback it needs --serve",
    placeholder: "HOST:PORT",
    defaultText: "`127.0.0.1:8080`",
    commands: "run",
  }),
  httpWorkers: upTo(HTTP_WORKERS_MAX).default(0).register(texts, {
    help: "processes that answer at --http beside the node with what it has at hand; Linux only",
    placeholder: "N",
    defaultText: "`0`: the node's own process answers all",
    commands: "run",
  }),
  drainWait: upTo(DRAIN_WAIT_MAX).default(0).register(texts, {
    help:
      "how long /readyz says draining while all is served on, before a node that is told to stop",
    placeholder: "SECONDS",
    defaultText: "`0`: it closes at once",
    commands: "run",
  }),
  tlsCert: path("must be a path").optional().register(texts, {
    help: "PEM file with the gateway's certificate chain; it then speaks TLS and HTTP/2",
    placeholder: "FILE",
    defaultText: "none: plain HTTP/1.1",
    commands: "run",
  }),
  tlsKey: path("must be a path").optional().register(texts, {
    help: "PEM file with the private key of --tls-cert; both are read again when they change",
    placeholder: "FILE",
    defaultText: "none",
    commands: "run",
  }),
  http3: onOff.default(false).register(texts, {
    help: "experimental, Linux only: with --tls-cert, speak HTTP/3 too, on the UDP port of --http",
    defaultText: "off",
    commands: "run",
  }),
  serve: z.enum(SERVE_POLICIES, { error: `must be one of ${SERVE_POLICIES.join(", ")}` })
    .optional().register(texts, {
      help: "what the gateway serves: open, allowlist (see --allow) or own (published here)",
      placeholder: "POLICY",
      defaultText: "`open` on loopback; must be chosen for any other --http",
      commands: "run",
    }),
  allow: list(
    text("must be 40 hex or 52 base32 characters", (id) => parseMetaId(id) && id.toLowerCase()),
    LIST_MAX,
  ).default([]).register(texts, {
    help: "id that --serve allowlist serves (repeatable)",
    placeholder: "META",
    defaultText: "none",
    commands: "run",
  }),
  gatewayHost: text(
    "must be a DNS name of at most 200 characters",
    (name) => dnsName.test(name.toLowerCase()) ? name.toLowerCase() : undefined,
  ).optional().register(texts, {
    help: "DNS name under which each id has an origin of its own, as <id>.NAME",
    placeholder: "NAME",
    defaultText: "none: ids live under one origin, sandboxed",
    commands: "run",
  }),
  trustedProxy: list(
    text("must be an IP address or CIDR range, as 10.0.0.0/8", parseCidr),
    LIST_MAX,
  ).default([]).register(texts, {
    help: "proxy whose X-Forwarded headers are believed (repeatable)",
    placeholder: "CIDR",
    defaultText: "none",
    commands: "run",
  }),
  clientFile: path("must be a path").optional().register(texts, {
    help: "file of clients that show a token: each has limits and a daily quota of its own; read " +
      "again when it changes",
    placeholder: "FILE",
    defaultText: "none: all are strangers",
    commands: "run",
  }),
  readBudget: size.optional().register(texts, {
    help: "most that one request to the gateway may cost this node, in credit bytes, as 64MiB",
    placeholder: "CB",
    defaultText: "none: any price that this node pays",
    commands: "run",
  }),
  publicStatus: onOff.default(false).register(texts, {
    help: "show how this node does at /status of the gateway, to all who can reach it",
    defaultText: "off",
    commands: "run",
  }),
  contact: text("must be an e-mail address or an http(s) URL", parseContact).optional().register(
    texts,
    {
      help: "how to reach who runs this gateway, for all to see on its pages, as for abuse: an " +
        "e-mail address or a URL",
      placeholder: "WHERE",
      defaultText: "none",
      commands: "run",
    },
  ),
  denylist: list(path("must be a path"), DENYLISTS_MAX).default([]).register(texts, {
    help:
      "file with what may not be kept, served or told of; read again when it changes (repeatable)",
    placeholder: "FILE",
    defaultText: "none",
    commands: "run",
  }),
  purgeUrl: text("must be an http or https URL", parseHttpUrl).optional().register(texts, {
    help: "where caches in front are told what to forget when the denylist changes",
    placeholder: "URL",
    defaultText: "none",
    commands: "run",
  }),
  purgeTokenFile: path("must be a path").optional().register(texts, {
    help: "file with the bearer token for --purge-url",
    placeholder: "FILE",
    defaultText: "none",
    commands: "run",
  }),
  maxRangeFile: size.default(RANGE_FILE_BYTES).register(texts, {
    help:
      "longest file of which the gateway serves ranges; beyond it a cache might fetch the whole",
    placeholder: "SIZE",
    defaultText: "`5GiB`",
    commands: "run",
  }),
  storeBytes: size.refine((bytes) => bytes >= STORE_BYTES_MIN, "must be at least 16MiB")
    .optional().register(texts, {
      help: "most bytes of disk for chunks and their databases, as 500MB or 10GiB",
      placeholder: "SIZE",
      defaultText: "the smaller of 10 GiB and 10 % of free disk at the first run",
      commands: "run",
    }),
  replicas: z.preprocess(
    (value) => typeof value === "number" ? String(value) : value,
    text("must be a whole number from 0 to 8", (value) => {
      const number = /^\d$/.test(value) ? Number(value) : REPLICAS_MAX + 1;
      return number <= REPLICAS_MAX ? number : undefined;
    }),
  ).default(5).register(texts, {
    help:
      "how many of the nearest nodes are to hold what is published here or lies near, 0 to 8; " +
      "0 neither offers nor takes copies",
    placeholder: "N",
    defaultText: "`5`",
    commands: "run",
  }),
  replicaBytes: size.refine((bytes) => bytes >= REPLICA_BYTES_MIN, "must be at least 1MiB")
    .default(REPLICA_BYTES).register(texts, {
      help: "most bytes an hour that are given away for copies, and as many taken",
      placeholder: "SIZE",
      defaultText: "`256MiB`",
      commands: "run",
    }),
  sellDisk: size.refine((bytes) => bytes >= STORE_BYTES_MIN, "must be at least 16MiB")
    .optional().register(texts, {
      help: "most of --store-bytes that content may take which was not published here",
      placeholder: "SIZE",
      defaultText: "all that published content leaves",
      commands: "run",
    }),
  sellUp: rate.refine((bytes) => bytes >= SELL_UP_MIN, "must be at least 64kbit")
    .optional().register(texts, {
      help: "most that is sent to nodes that fetch from this one, all heads included, as 20mbit",
      placeholder: "RATE",
      defaultText: "no ceiling",
      commands: "run",
    }),
  sellRange: factor.optional().register(texts, {
    help: "greatest distance in bits, 0 to 160, of cached chunks that are served",
    placeholder: "BITS",
    defaultText: "as far as it takes to sell all of --sell-up; 160 without it",
    commands: "run",
  }),
  minPopularity: upTo(999).optional().register(texts, {
    help: "fewest reads a day of a chunk that is fetched to be sold",
    placeholder: "N",
    defaultText: "as many as of the chunk that has to go for it",
    commands: "run",
  }),
  congestionControl: z.enum(CONGESTION_CONTROLS, {
    error: `must be one of ${CONGESTION_CONTROLS.join(", ")}`,
  }).default("cubic").register(texts, {
    help: "who decides how fast to send: cubic, or bbr_lite, which random loss does not slow down",
    placeholder: "NAME",
    defaultText: "`cubic`",
    commands: "run",
  }),
  credit: z.union([z.boolean(), z.literal("auto"), z.stringbool()], {
    error: "must be on, off or auto",
  })
    .default("auto").register(texts, {
      help: "keep peers to their line of credit and to the free pool: on, off or auto; " +
        "alone it is on (docs/market.md)",
      placeholder: "MODE",
      isPlaceholderOptional: true,
      defaultText:
        "`auto`: on for network main, off for dev, where all is counted and nobody refused",
      commands: "run",
    }),
  priceFloor: factor.default(0).register(texts, {
    help: "least price factor that this node asks for its bytes",
    placeholder: "N",
    defaultText: "`0`: the formula alone",
    commands: "run",
  }),
  maxPrice: factor.optional().register(texts, {
    help: "greatest price factor that this node pays, 0 to 160",
    placeholder: "N",
    defaultText: "log2 of the network's size + 4, at least 16; any where there is no --credit",
    commands: "run",
  }),
  mineDuty: upTo(100).optional().register(texts, {
    help: "percent of one processor for the search for a better rank, 0 to 100; 0 is none",
    placeholder: "PERCENT",
    defaultText: "`10`; `0` on network dev where there is no --credit",
    commands: "run",
  }),
  minRank: upTo(RANK_MAX).default(0).register(texts, {
    help: "least rank of nodes that are served; others are told so once (docs/market.md)",
    placeholder: "N",
    defaultText: "`0`: all, as long as the free pool has room",
    commands: "run",
  }),
  payRate: text(
    "must be SIZE/UNIT: the credit that one whole unit buys, as 10MiB/sat or 1GiB/cent",
    parsePayRate,
  ).optional().register(texts, {
    help: "sell credit: how many credit bytes one unit of money buys (docs/payments.md)",
    placeholder: "SIZE/UNIT",
    defaultText: "none: debts are served off, not paid off",
    commands: "run",
  }),
  payTo: text(
    "must be 1 to 1000 characters on one line",
    (line) => /^\P{Cc}{1,1000}$/u.test(line) && utf8(line).length <= 1024 ? line : undefined,
  ).optional().register(texts, {
    help: "what payers are told, for payments that you mark as paid by hand (skerry ledger settle)",
    placeholder: "TEXT",
    defaultText: "none",
    commands: "run",
  }),
  payHook: path("must be a path").optional().register(texts, {
    help: "program that makes invoices and knows what is paid (docs/payments.md)",
    placeholder: "PROGRAM",
    defaultText: "none",
    commands: "run",
  }),
  admin: listenAddress.default({ ip: "127.0.0.1", port: 0 }).register(texts, {
    help: "where the admin API listens; loopback only, port 0 is any free one",
    placeholder: "HOST:PORT",
    defaultText: "`127.0.0.1:0`",
    commands: "run",
  }),
  logLevel: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` })
    .default("info").register(texts, {
      help: "least important log lines to write to stderr",
      placeholder: "LEVEL",
      defaultText: "`info`",
      commands: "all",
    }),
  json: onOff.default(false).register(texts, {
    help: "print one JSON document on stdout and nothing else there",
    defaultText: "off",
    commands: "all",
  }),
});

/** A setting's name in the code: camelCase. */
export type SettingName = keyof typeof SETTINGS.shape;
export const SETTING_NAMES = Object.keys(SETTINGS.shape) as [SettingName, ...SettingName[]];

/** What parsing gives: settings that depend on the machine may still be undefined. */
export type Settings = Readonly<z.output<typeof SETTINGS>>;

/** The texts of a setting. */
export function aboutSetting(name: SettingName): SettingText {
  const about = texts.get(SETTINGS.shape[name]);
  if (about === undefined) throw new Error(`setting ${name} has no texts`);
  return about;
}

/** True for a setting that may be given several times. */
export function isList(name: SettingName): boolean {
  return name === "bootstrap" || name === "allow" || name === "trustedProxy" ||
    name === "denylist";
}

/** `storeBytes` → `store-bytes`: the key in a TOML file. */
export function fileKeyOf(name: SettingName): string {
  return name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}

/** `storeBytes` → `--store-bytes`. */
export function flagOf(name: SettingName): string {
  return `--${fileKeyOf(name)}`;
}

/** `storeBytes` → `SKERRY_STORE_BYTES`. */
export function environmentOf(name: SettingName): string {
  return `SKERRY_${fileKeyOf(name).replaceAll("-", "_").toUpperCase()}`;
}
