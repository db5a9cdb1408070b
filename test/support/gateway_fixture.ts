import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway/mod.ts";
import type { GatewayRequestInfo } from "../../src/gateway/mod.ts";
import { toBase32, toHex } from "../../src/lib/mod.ts";
import { FakeNode } from "./fake_node.ts";
import { siteTree } from "./site_tree.ts";

/** A gateway over the fixture `site/`, asked without a socket. */
export class GatewayFixture {
  readonly node = new FakeNode();
  readonly gateway: Gateway;
  /** The site's ids: strong (M) and plain. */
  readonly meta: string;
  readonly plainMeta: string;
  /** Chunk ids of big.bin, first to last. */
  readonly bigChunks: readonly string[];
  readonly faults: unknown[] = [];

  constructor(options: Partial<GatewayOptions> = {}) {
    const site = this.node.add(siteTree());
    this.meta = toBase32(site.strongId);
    this.plainMeta = toHex(site.plainId);
    const big = site.kind === "directory" ? site.entries.get("big.bin") : undefined;
    this.bigChunks = big?.kind === "file" ? big.chunks : [];
    this.gateway = createGateway(this.node, {
      onFault: (error) => void this.faults.push(error),
      ...options,
    });
  }

  /** GET `path` unless `init` says otherwise. */
  get(path: string, init: RequestInit = {}, info: GatewayRequestInfo = {}): Promise<Response> {
    return this.gateway.fetch(new Request(`http://localhost:8080${path}`, init), info);
  }

  /** GET below the site: `file("ascii.txt")`. */
  file(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
    return this.get(`/file/${this.meta}/${path}`, { headers, method });
  }
}

/** An id that nobody has. */
export const ABSENT = "0123456789abcdef0123456789abcdef01234567";
