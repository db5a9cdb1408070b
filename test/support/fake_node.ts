import { sha256 } from "../../src/crypto/mod.ts";
import {
  type ChunkId,
  formatMetaId,
  type MetaId,
  SkerryError,
  type StrongId,
  toBase32,
  toHex,
  utf8,
} from "../../src/lib/mod.ts";
import type {
  ByteSource,
  ChunkStat,
  DenySubject,
  DirectoryItem,
  FoundManifest,
  LedgerEntry,
  Node,
  NodeInfo,
  NodeStatus,
  OpenChunk,
  PeerInfo,
  Published,
  PublishOptions,
  Readiness,
  ReadOptions,
  Resolved,
  ResolvedDirectory,
  ResolvedFile,
  StoreEntry,
  Trace,
} from "../../src/node/mod.ts";
import {
  buildObject,
  CHUNK_BYTES,
  type DirectoryObject,
  type FakeObject,
  type FileObject,
  idsOf,
  sizeOf,
  type Tree,
  type TypedFile,
} from "./fake_objects.ts";
import { FakePurchases } from "./fake_purchases.ts";

const PIECE_BYTES = 2 ** 16;

/** `<id>[/path]`, or the key of a name. */
function subjectText(what: DenySubject): string {
  if (what.kind === "name") return toBase32(what.publicKey);
  return [formatMetaId(what.meta), ...what.path].join("/");
}

/** A Node whose network is a map: objects are found by their ids, bytes come in 64 KiB pieces, and
 * a test may make any of it slow, absent or broken. Ids are real hashes of a stand-in encoding. */
export class FakeNode extends FakePurchases implements Node {
  readonly info: NodeInfo = {
    network: "dev",
    publicKeyText: "a".repeat(52),
    nodeIdHex: "0".repeat(40),
    rank: 0,
    udpAddress: { ip: "127.0.0.1", port: 4000 },
    uri: `skerry://${"a".repeat(52)}@127.0.0.1:4000`,
    version: "0.0.0-test",
  };
  isReady: Readiness = { ready: true };
  peerCount = 20;
  /** Thrown by every lookup. */
  fault: Error | undefined;
  /** Awaited by every lookup. */
  hold: Promise<void> | undefined;
  /** Chunk ids (hex) that no holder gives. */
  readonly unobtainable = new Set<string>();
  /** By the subject's text. */
  readonly denied = new Map<string, SkerryError>();
  /** True if nothing is held here: all comes by the network. */
  isRemote = false;
  quotaBytes = 2;
  /** Canonical ids that this node published. */
  readonly own = new Set<string>();
  readonly counts = { lookups: 0, networkBytes: 0, readsOpen: 0, readsOpenMax: 0, piecesRead: 0 };
  readonly published: (PublishOptions & { readonly path: string; readonly bytes?: Uint8Array })[] =
    [];
  publishFault: SkerryError | undefined;
  readonly #objects = new Map<string, FakeObject>();
  readonly #chunks = new Map<string, Uint8Array>();

  /** Adds a file or directory. @returns its object. */
  add(content: Tree | string | Uint8Array | TypedFile): FakeObject {
    const object = buildObject(content, this.#chunks);
    this.#register(object);
    return object;
  }

  #register(object: FakeObject): void {
    this.#objects.set(toHex(object.plainId), object);
    this.#objects.set(toBase32(object.strongId), object);
    if (object.kind === "file") return;
    for (const entry of object.entries.values()) this.#register(entry);
  }

  /** Adds a file of `size` bytes that exists only while it is read: each piece is fresh memory. */
  addVirtual(size: number, pieceBytes: number): FakeObject {
    const object: FakeObject = {
      kind: "file",
      ...idsOf(utf8(`virtual ${size} ${pieceBytes}`)),
      bytes: new Uint8Array(1),
      mime: "application/octet-stream",
      chunks: [],
      virtual: { size, pieceBytes },
    };
    this.#objects.set(toBase32(object.strongId), object);
    return object;
  }

  denialOf(what: DenySubject): SkerryError | undefined {
    return this.denied.get(subjectText(what));
  }

  denyTagsOf(what: DenySubject): string[] {
    return this.denied.size === 0 ? [] : [`h-${subjectText(what)}`];
  }

  watchDenyTags(listener: (tags: readonly string[]) => void): void {
    this.denyListChanges = () => listener([]);
  }

  denylistReloads = 0;
  reloadDenylist(): Promise<void> {
    this.denylistReloads++;
    return Promise.resolve();
  }

  /** Tells who watches that the denylist is another one. */
  denyListChanges: () => void = () => {};

  readiness(): Readiness {
    return this.isReady;
  }

  async openChunk(id: ChunkId, options: ReadOptions = {}): Promise<OpenChunk> {
    const bytes = await this.#lookUp(this.#chunks.get(toHex(id)), options);
    if (this.unobtainable.has(toHex(id))) throw holdersFailed();
    if (this.isRemote) this.counts.networkBytes += bytes.length;
    return {
      id,
      ...this.#source([{ id: toHex(id), bytes }], bytes.length),
      timings: this.#timings(),
    };
  }

  async statChunk(id: ChunkId, options: ReadOptions = {}): Promise<ChunkStat> {
    const bytes = await this.#lookUp(this.#chunks.get(toHex(id)), options);
    return { size: bytes.length, timings: this.#timings() };
  }

  async resolve(
    meta: MetaId,
    path: readonly string[],
    options: ReadOptions = {},
  ): Promise<Resolved> {
    const { object, base } = await this.#walk(meta, path, options);
    return object.kind === "file"
      ? this.#resolvedFile(object, base, path.at(-1) ?? "")
      : resolvedDirectory(object, base);
  }

  async readManifest(
    meta: MetaId,
    path: readonly string[],
    options: ReadOptions = {},
  ): Promise<FoundManifest> {
    const { object, base } = await this.#walk(meta, path, options);
    return { ...base, bytes: object.manifest };
  }

  async #walk(meta: MetaId, path: readonly string[], options: ReadOptions) {
    const text = meta.kind === "plain" ? toHex(meta.id) : toBase32(meta.id);
    let object = await this.#lookUp(this.#objects.get(text), options);
    const roots = [object.strongId];
    for (const name of path) {
      const next: FakeObject | undefined = object.kind === "directory"
        ? object.entries.get(name)
        : undefined;
      if (next === undefined) {
        throw new SkerryError("PATH_NOT_FOUND", `there is no ${JSON.stringify(name)} in ${text}`);
      }
      object = next;
      roots.push(object.strongId);
    }
    return { object, base: { roots, strongId: object.strongId, timings: this.#timings() } };
  }

  #resolvedFile(
    file: FileObject,
    base: Pick<ResolvedFile, "roots" | "strongId" | "timings">,
    name: string,
  ): ResolvedFile {
    const parts = file.chunks.map((id) => ({
      id,
      bytes: this.#chunks.get(id) ?? new Uint8Array(),
    }));
    const source = file.virtual === undefined
      ? this.#source(parts, file.bytes.length)
      : this.#virtualSource(file.virtual);
    return {
      kind: "file",
      ...base,
      ...source,
      fileRoot: file.bytes.length === 0 ? undefined : sha256(file.bytes),
      mime: file.mime,
      name,
      isLocal: !this.isRemote,
      prove: (first, last) => {
        const hashes = new Uint8Array(32 * (last - first + 1)).fill(first);
        return Promise.resolve({ first, hashes, uncles: [new Uint8Array(32)] });
      },
      sha256: () => file.bytes.length <= PIECE_BYTES ? sha256(file.bytes) : undefined,
    };
  }

  #source(
    parts: readonly { readonly id: string; readonly bytes: Uint8Array }[],
    size: number,
  ): ByteSource {
    // deno-lint-ignore no-this-alias
    const node = this;
    return {
      ...{ size, heldBytes: 0 },
      async *read(start, end, options = {}) {
        node.readOn = options.purchase;
        node.counts.readsOpenMax = Math.max(node.counts.readsOpenMax, ++node.counts.readsOpen);
        try {
          for (let at = start; at < end;) {
            await Promise.resolve();
            if (options.signal?.aborted === true) throw new SkerryError("CANCELLED", "gone");
            const part = parts[Math.floor(at / CHUNK_BYTES)];
            if (part === undefined) throw new Error("beyond the end");
            if (node.isRemote && options.localOnly === true) throw notLocal();
            if (node.unobtainable.has(part.id)) throw holdersFailed();
            const from = at % CHUNK_BYTES;
            const to = Math.min(part.bytes.length, from + end - at, from + PIECE_BYTES);
            if (node.isRemote) node.counts.networkBytes += to - from;
            node.counts.piecesRead++;
            yield part.bytes.slice(from, to);
            at += to - from;
          }
        } finally {
          node.counts.readsOpen--;
        }
      },
    };
  }

  #virtualSource({ size, pieceBytes }: NonNullable<FileObject["virtual"]>): ByteSource {
    const counts = this.counts;
    return {
      ...{ size, heldBytes: 0 },
      async *read(start, end, options = {}) {
        counts.readsOpen++;
        try {
          for (let at = start; at < end; at += pieceBytes) {
            await Promise.resolve();
            if (options.signal?.aborted === true) throw new SkerryError("CANCELLED", "gone");
            counts.piecesRead++;
            yield new Uint8Array(Math.min(pieceBytes, end - at)).fill(at / pieceBytes);
          }
        } finally {
          counts.readsOpen--;
        }
      },
    };
  }

  async #lookUp<T>(found: T | undefined, options: ReadOptions): Promise<T> {
    if ((this.isRemote || found === undefined) && options.localOnly === true) throw notLocal();
    this.counts.lookups++;
    await this.hold;
    if (options.signal?.aborted === true) throw new SkerryError("CANCELLED", "gone");
    if (this.fault !== undefined) throw this.fault;
    if (found !== undefined) return found;
    throw this.peerCount === 0
      ? new SkerryError("NO_PEERS", "this node knows no other node")
      : new SkerryError("CHUNK_NOT_FOUND", `asked ${this.peerCount} nodes, nobody has it`);
  }

  #timings(): Resolved["timings"] {
    return this.isRemote
      ? { source: "peer", lookupMs: 1.5, lookupRounds: 2, holders: 3 }
      : { source: "local" };
  }

  isOwn(meta: MetaId): boolean {
    return this.own.has(meta.kind === "plain" ? toHex(meta.id) : toBase32(meta.id));
  }

  status(): Promise<NodeStatus> {
    return Promise.resolve({
      role: "super",
      reachability: "public",
      peers: this.peerCount,
      routingTable: { contacts: 3 },
      store: { chunks: this.#chunks.size, bytes: 1, quotaBytes: this.quotaBytes, pinnedBytes: 0 },
      selling: { sentBytes: 0, diskBytes: 1, diskQuotaBytes: 2, rangeBits: 160, minReadsPerDay: 0 },
      ...{ traffic: { sentBytes: 10, receivedBytes: 20 }, announce: { keys: 1, pending: 0 } },
      ...{ rank: 0, uptimeSeconds: 5, firstNode: false },
      copies: { replicas: 0, keys: 0, guardedBytes: 0, offered: 0, givenBytes: 0, takenBytes: 0 },
    });
  }
  storeEarners: Node["storeEarners"] = () => [];
  ledger = (): readonly LedgerEntry[] => [];
  proveLedger = () => Promise.reject(new SkerryError("INVALID_ID", "No account"));
  peers(): readonly PeerInfo[] {
    return [{
      ...{ nodeId: "1".repeat(40), publicKey: "b".repeat(52), address: "127.0.0.1:5000" },
      ...{ rttMs: 1.25, sentBytes: 1, receivedBytes: 2, connectedSeconds: 3, rank: 0 },
    }];
  }

  storeEntries(limit: number): Promise<readonly StoreEntry[]> {
    const entries = [...this.#chunks].slice(0, limit)
      .map(([id, bytes]) => ({ id, bytes: bytes.length, pinned: true, lastUsedMs: 0 }));
    return Promise.resolve(entries);
  }

  publishPath(path: string, options: PublishOptions = {}): Promise<Published> {
    return this.#publish({ path, ...options });
  }

  async publishStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: PublishOptions = {},
  ): Promise<Published> {
    const pieces: number[] = [];
    for await (const piece of bytes) pieces.push(...piece);
    return await this.#publish({ path: name, bytes: Uint8Array.from(pieces), ...options });
  }

  async #publish(what: FakeNode["published"][number]): Promise<Published> {
    this.published.push(what);
    for (const phase of ["hashing", "announcing"] as const) {
      await Promise.resolve();
      what.onProgress?.({ phase, doneBytes: 5, totalBytes: 5, path: what.path });
    }
    if (this.publishFault !== undefined) throw this.publishFault;
    return {
      meta: "c".repeat(40),
      link: "a".repeat(52),
      fileRoot: "d".repeat(64),
      size: 5,
      chunks: 1,
      chunkIds: ["e".repeat(40)],
      holders: 1,
    };
  }

  trace(id: ChunkId | StrongId): Promise<Trace> {
    return Promise.resolve({
      id: toHex(id),
      found: true,
      ...{ rounds: [{ asked: 3, answered: 2, startedMs: 0, ms: 4 }], holders: [] },
      firstByteMs: 5,
      totalMs: 6,
      heldHere: false,
    });
  }

  metricsText(): Promise<string> {
    return Promise.resolve("# TYPE skerry_up gauge\nskerry_up 1\n");
  }

  async stop(): Promise<void> {}
}

function resolvedDirectory(
  directory: DirectoryObject,
  base: Pick<ResolvedDirectory, "roots" | "strongId" | "timings">,
): ResolvedDirectory {
  const items = [...directory.entries].map(([name, entry]): DirectoryItem => ({
    name,
    kind: entry.kind,
    strongId: entry.strongId,
    size: sizeOf(entry),
    mime: entry.kind === "file" ? entry.mime : "",
  }));
  return {
    kind: "directory",
    ...base,
    size: directory.size,
    entryCount: items.length,
    list: (start, limit) => Promise.resolve(items.slice(start, start + limit)),
  };
}

const notLocal = (): SkerryError => new SkerryError("NOT_LOCAL", "not held by this node");
const holdersFailed = (): SkerryError => new SkerryError("HOLDERS_FAILED", "3 holders, all failed");
