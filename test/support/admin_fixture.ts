import { type Admin, createAdmin } from "../../src/admin/mod.ts";
import { toBase32 } from "../../src/lib/mod.ts";
import { FakeNode } from "./fake_node.ts";
import { siteTree } from "./site_tree.ts";

export const TOKEN = "0123456789abcdef".repeat(4);
export const METRICS_TOKEN = "fedcba9876543210".repeat(4);
export const LOCAL = { ip: "127.0.0.1", port: 4321 };

/** The admin API over the fixture `site/`, asked without a socket. */
export class AdminFixture {
  readonly node = new FakeNode();
  readonly admin: Admin;
  readonly meta: string;
  readonly faults: unknown[] = [];

  constructor() {
    this.meta = toBase32(this.node.add(siteTree()).strongId);
    this.admin = createAdmin(this.node, {
      token: TOKEN,
      metricsToken: METRICS_TOKEN,
      moreMetrics: () => "more 1\n",
      onFault: (error) => void this.faults.push(error),
    });
  }

  /** A request with exactly these headers, and Host unless one is given. */
  bare(path: string, init: RequestInit = {}): Promise<Response> {
    const url = `http://127.0.0.1:${LOCAL.port}${path}`;
    return this.admin.fetch(new Request(url, init), { local: LOCAL });
  }

  /** A request as the command line makes it. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${TOKEN}`);
    if (init.method === "POST") headers.set("x-skerry-admin", "1");
    return this.bare(path, { ...init, headers });
  }
}
