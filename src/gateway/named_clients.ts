import { BoundedMap, equalSecrets, utf8 } from "../lib/mod.ts";
import type { NamedClient } from "./client_list.ts";
import { ClientQuota } from "./client_quota.ts";
import { NO_STORE } from "./error_map.ts";
import { ProblemError } from "./problem.ts";

/** A token is a line; a longer one is compared with nothing. */
const TOKEN_MAX = 256;
/** As many as a list may have. */
const GONE_MAX = 1_024;

/** The clients that the operator has given tokens to (RFC 6750), and what each has had. */
export class NamedClients {
  #clients: readonly NamedClient[] = [];
  /** By name; BOUNDED by the list. */
  #quotas = new Map<string, ClientQuota>();
  /** Of names that are on the list no more: who comes back has had today what he has had. */
  readonly #gone = new BoundedMap<string, ClientQuota>(GONE_MAX);

  constructor(clients: readonly NamedClient[]) {
    this.use(clients);
  }

  /** Takes another list. Who stays on it, or comes back to it, has had today what he has had. */
  use(clients: readonly NamedClient[]): void {
    this.#clients = clients;
    const before = this.#quotas;
    this.#quotas = new Map(clients.map(({ name, bytesPerDay }) => {
      const known = before.get(name) ?? this.#gone.get(name);
      const quota = known ?? new ClientQuota(name, bytesPerDay);
      quota.bytesPerDay = bytesPerDay;
      this.#gone.delete(name);
      return [name, quota];
    }));
    for (const [name, quota] of before) {
      if (!this.#quotas.has(name)) this.#gone.set(name, quota);
    }
  }

  quotas(): Iterable<ClientQuota> {
    return this.#quotas.values();
  }

  /** Whose token a request shows; undefined for a stranger, who shows none.
   * @param authorization the header field.
   * @throws {ProblemError} 401 for a token that is nobody's: who has one learns that it is void. */
  async of(authorization: string | undefined): Promise<ClientQuota | undefined> {
    const token = /^bearer +(\S+)$/i.exec(authorization?.trim() ?? "")?.[1];
    if (token === undefined) return undefined;
    if (token.length > TOKEN_MAX) throw unknownToken();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(utf8(token))));
    // All of them, whichever it is: time tells nothing.
    let found: NamedClient | undefined;
    for (const client of this.#clients) {
      if (equalSecrets(hash, client.tokenHash)) found = client;
    }
    const quota = found === undefined ? undefined : this.#quotas.get(found.name);
    if (quota === undefined) throw unknownToken();
    return quota;
  }
}

function unknownToken(): ProblemError {
  return new ProblemError({
    status: 401,
    title: "Unknown token",
    detail: "The bearer token is none that this gateway knows. Ask its operator, or come without.",
    headers: {
      "cache-control": NO_STORE,
      "www-authenticate": 'Bearer realm="skerry", error="invalid_token"',
    },
  });
}
