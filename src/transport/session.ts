import type { Address, Instant } from "../lib/mod.ts";
import {
  type DirectionKeys,
  OpeningKeys,
  type RemoteKey,
  ReplayWindow,
  SealingKeys,
  type SessionKeys,
} from "../session/mod.ts";
import type { ConnectionIds } from "./connection_ids.ts";

/** The keys of one handshake and the peer they belong to. */
export interface Session<Owner> {
  readonly role: "initiator" | "responder";
  /** The id under which the peer writes to us at first. */
  readonly connectionId: number;
  readonly remote: RemoteKey;
  readonly sealing: SealingKeys;
  readonly opening: OpeningKeys;
  readonly window: ReplayWindow;
  /** Undefined while half-open: answered, but the peer has not yet spoken under the new keys. */
  owner: Owner | undefined;
  establishedAt: Instant | undefined;
  /** Where the peer was in the handshake. */
  readonly address: Address;
  /** More ids for both directions; undefined before the first. */
  ids: ConnectionIds | undefined;
}

/** @param theirConnectionId the id under which we write to the peer. */
export function sessionOf<Owner>(
  role: Session<Owner>["role"],
  keys: SessionKeys,
  connectionId: number,
  theirConnectionId: number,
  remote: RemoteKey,
  address: Address,
): Session<Owner> {
  const i2r: DirectionKeys = { key: keys.initiatorToResponder, headKey: keys.initiatorHead };
  const r2i: DirectionKeys = { key: keys.responderToInitiator, headKey: keys.responderHead };
  const [sendKeys, receiveKeys] = role === "initiator" ? [i2r, r2i] : [r2i, i2r];
  return {
    role,
    connectionId,
    remote,
    sealing: new SealingKeys(sendKeys, theirConnectionId, remote.mask),
    opening: new OpeningKeys(receiveKeys),
    window: new ReplayWindow(),
    owner: undefined,
    establishedAt: undefined,
    address,
    ids: undefined,
  };
}
