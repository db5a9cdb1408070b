/** Which rooms a room may import from, through their mod.ts only (docs/ARCHITECTURE.md). A change
 * here is a change of the house: it needs an ADR. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // floor 0
  lib: [],
  // floor 1
  ports: ["lib"],
  crypto: ["lib"],
  wire: ["lib"],
  // floor 2
  content: ["lib", "crypto", "wire"],
  identity: ["lib", "crypto", "wire"],
  session: ["lib", "crypto", "wire", "identity"],
  records: ["lib", "crypto", "wire", "identity"],
  deny: ["lib", "crypto"],
  // floor 3: never one another
  store: ["lib", "ports"],
  transport: ["lib", "crypto", "wire", "identity", "session"],
  dht: ["lib", "crypto", "wire", "identity", "content", "records"],
  swarm: ["lib", "wire", "content"],
  market: ["lib", "crypto", "wire", "identity"],
  // floor 4
  config: ["lib", "ports", "identity"],
  node: [
    "lib",
    "ports",
    "crypto",
    "wire",
    "content",
    "identity",
    "session",
    "records",
    "deny",
    "store",
    "transport",
    "dht",
    "swarm",
    "market",
    "config",
  ],
  // floor 5
  http: ["lib"],
  // runs in browsers, so nothing of ours may come with it; the gateway holds it as built text
  verifier: [],
  gateway: ["lib", "config", "node", "http"],
  // stands before a gateway in processes of its own; knows by it what an answer depends on
  front: ["lib", "ports", "node", "gateway"],
  admin: ["lib", "config", "node", "http"],
  // runs in browsers too, on the admin page; knows what the API answers, by types only
  dashboard: ["admin"],
  bench: ["lib", "ports", "crypto", "content", "session", "transport", "node"],
  // floor 6
  runtime: ["lib", "ports", "crypto", "identity"],
  cli: ["lib", "ports", "config", "node", "gateway", "front", "admin", "bench"],
};

/** Which wings (folders) of a room a wing may import from besides its own, where a room has wings.
 * Files that lie in no wing put the wings together: they import all of them, and none imports
 * them. */
export const WINGS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  node: {
    self: [],
    loop: [],
    contract: ["self"],
    keep: ["loop", "contract"],
    denial: ["loop", "contract", "keep"],
    peers: ["loop", "contract", "keep"],
    trade: ["loop", "contract", "keep", "peers"],
    pay: ["loop", "contract", "trade"],
    fetch: ["loop", "contract", "peers", "trade"],
    read: ["loop", "contract", "keep", "denial", "fetch"],
    download: ["loop", "contract"],
    serve: ["loop", "trade"],
    copies: ["loop", "keep", "peers", "trade", "fetch", "read"],
    publish: ["loop", "contract", "keep", "read"],
    host: ["loop", "contract", "keep", "peers", "trade", "fetch", "read", "copies", "publish"],
    values: ["loop", "contract", "keep", "peers"],
  },
  runtime: { shared: [], bun: ["shared"], deno: ["shared"] },
};

/** Floors 0 to 3: synchronous, and without clock, timer, dice, console, env, network or disk.
 * ports/ holds interfaces only and may say Promise. */
export const PURE_ROOMS: readonly string[] = [
  "lib",
  "crypto",
  "wire",
  "content",
  "identity",
  "session",
  "records",
  "deny",
  "store",
  "transport",
  "dht",
  "swarm",
  "market",
];

/** Rooms whose imports from these must be types only: they get a Node handed in, or run where
 * nothing of it is. */
export const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  gateway: ["node"],
  front: ["node"],
  admin: ["node"],
  dashboard: ["admin"],
};

/** The only room that may name an external package, where one room owns it. */
export const PACKAGE_OWNER: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^@noble\//, ["crypto"]],
  [/^msgpackr/, ["wire"]],
  [/^@std\/encoding/, ["lib"]],
  [/^prom-client/, ["node"]],
  [/^hono/, ["http", "gateway", "admin"]],
  [/^uplot/, ["admin", "dashboard"]],
  [/^(node:|bun:|bun$)/, ["runtime"]],
];
