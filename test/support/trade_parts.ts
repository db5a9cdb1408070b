import type { KeyPair } from "../../src/identity/mod.ts";
import type { Instant, NodeId, PublicKey } from "../../src/lib/mod.ts";
import { LedgerKeeper } from "../../src/node/trade/ledger_keeper.ts";
import type { RankRefusal } from "../../src/node/trade/rank_admission.ts";
import type { Standings } from "../../src/node/trade/standings.ts";
import type { ConnectionHandle } from "../../src/transport/mod.ts";
import { MemoryLedgerFile } from "../sim/memory_ledger_file.ts";
import { NodeClock } from "../sim/node_clock.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { keyOf } from "./market_parts.ts";

export const PEER = 3 as ConnectionHandle;

/** A clock, a ledger on a disk of memory, and one connected peer whose place and rank the test
 * names. */
export class TradeParts {
  readonly world = new VirtualClock();
  readonly clock = new NodeClock(this.world);
  readonly file = new MemoryLedgerFile();
  readonly log: string[] = [];
  readonly logger = { log: (_level: string, event: string) => void this.log.push(event) };
  readonly keeper = new LedgerKeeper(this.file, this.clock, this.logger);
  /** A test may have another peer at the other end. */
  peerKey: KeyPair;
  peerIp = "192.0.2.1";
  readonly closed: number[] = [];
  nodeId: NodeId | undefined = new Uint8Array(20) as NodeId;
  rank = 0;
  ownRank = 0;
  readonly standings = {
    publicKeyOf: () => this.peerKey.publicKey,
    nodeIdOf: () => this.nodeId,
    rankOf: () => this.rank,
    mayHaveRank: (_key: PublicKey, rank: number) => this.rank >= rank,
  } as unknown as Standings;
  /** The rank that it takes, if the peer's is lower, and whether it was told so. */
  refusal: RankRefusal | undefined;
  readonly admission = { check: () => this.refusal };
  readonly transport = {
    info: () =>
      ({
        publicKey: this.peerKey.publicKey as PublicKey,
        address: { ip: this.peerIp, port: 1 },
        smoothedRttMs: 10,
        bandwidthBytesPerSecond: 0,
      }) as never,
    close: (_connection: ConnectionHandle, code: number) => void this.closed.push(code),
    shareOf: () => ({ tier: this.tier, weight: 1 }),
    setShare: (_connection: ConnectionHandle, share: { tier: number }) => {
      this.tier = share.tier;
    },
  };
  tier = 1;

  constructor(peerKey = keyOf(2)) {
    this.peerKey = peerKey;
  }

  get now(): Instant {
    return this.clock.now();
  }

  get account() {
    const account = this.keeper.ledger.open(this.peerKey.publicKey, this.clock.unixMs());
    if (account === undefined) throw new Error("no account");
    return account;
  }
}

/** An id that shares exactly `factor` leading bits with the node id of zeroes. */
export function idAt(factor: number): Uint8Array {
  const id = new Uint8Array(20);
  if (factor < 160) id[factor >> 3] = 0x80 >> (factor & 7);
  return id;
}
