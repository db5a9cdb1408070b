import type { Random } from "../../lib/mod.ts";
import type { Clock, Logger } from "../../ports/mod.ts";
import type { PlacementTable } from "../../store/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { ChunkStore } from "../keep/chunk_store.ts";
import type { Standings } from "../trade/standings.ts";
import type { HostingClient } from "./hosting_client.ts";
import type { Placer } from "./placer.ts";
import type { SliceChallenger } from "./slice_challenge.ts";

/** What Placements works with. */
export interface PlacementsParts {
  readonly placer: Placer;
  readonly client: Pick<HostingClient, "quote" | "handleClosed" | "stop">;
  readonly challenger: Pick<SliceChallenger, "ask">;
  readonly standings: Pick<Standings, "nodeIdOf">;
  readonly transport: Pick<Transport, "connect">;
  readonly table: PlacementTable;
  readonly store: Pick<ChunkStore, "writeRows">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly wake: () => void;
}
