import {
  formatMetaId,
  type MetaId,
  type PublicKey,
  SkerryError,
  toBase32,
  toHex,
} from "../../src/lib/mod.ts";
import type {
  GetValueOptions,
  NamedValue,
  PlacementReport,
  PublicationList,
  PutValue,
  PutValueOptions,
  Unpublished,
  Values,
} from "../../src/node/mod.ts";

const LET_GO = { objects: 3, bytes: 2_097_152, shared: 1, orderEnded: true };

/** Values of keys in a map, publications and a placement, for a FakeNode. */
export class FakeValues implements Values {
  /** Where its publications lie, as a node has it. */
  placement: PlacementReport | undefined;
  readonly publications = {
    entries: [] as PublicationList["publications"],
    list: (limit: number): PublicationList => {
      const { entries } = this.publications;
      return { publications: entries.slice(0, limit), total: entries.length };
    },
    unpublish: (meta: MetaId): Promise<Unpublished> => {
      const text = formatMetaId(meta);
      const found = this.publications.entries.find((one) => [one.meta, one.link].includes(text));
      if (found !== undefined) return Promise.resolve({ meta: found.meta, ...LET_GO });
      const why = `Cannot unpublish ${text}: this node did not publish it`;
      return Promise.reject(new SkerryError("CHUNK_NOT_FOUND", why));
    },
  };
  placementReport = (): PlacementReport | undefined => this.placement;
  /** What is found, or thrown, by the base32 of the key, with `/` and the salt's hex if any. */
  readonly values = new Map<string, NamedValue | SkerryError>();
  readonly puts: (PutValueOptions & { readonly value: Uint8Array })[] = [];
  putFault: SkerryError | undefined;

  putValue(value: Uint8Array, options: PutValueOptions = {}): Promise<PutValue> {
    if (this.putFault !== undefined) return Promise.reject(this.putFault);
    const { signal: _signal, timeoutMs: _timeoutMs, ...rest } = options;
    this.puts.push({ value, ...rest });
    const publicKey = new Uint8Array(32).fill(7) as PublicKey;
    const seq = options.seq ?? 3n;
    return Promise.resolve({ publicKey, seq, expiresMs: 1_800_000_000_000, holders: 4 });
  }

  withdrawValue(salt: Uint8Array): Promise<boolean> {
    return Promise.resolve(salt.length === 0);
  }

  getValue(
    publicKey: PublicKey,
    salt: Uint8Array,
    _options?: GetValueOptions,
  ): Promise<NamedValue> {
    const name = toBase32(publicKey) + (salt.length === 0 ? "" : `/${toHex(salt)}`);
    const found = this.values.get(name) ??
      new SkerryError("VALUE_NOT_FOUND", `No node that answered has a value of ${name}`);
    return found instanceof SkerryError ? Promise.reject(found) : Promise.resolve(found);
  }
}
