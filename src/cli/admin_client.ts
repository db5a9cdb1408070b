import { SKERRY_ERROR_CODES, SkerryError, type SkerryErrorCode } from "../lib/mod.ts";
import type { PrivateFiles } from "../ports/mod.ts";
import type { Doors } from "./host.ts";
import { jsonOf } from "./json_text.ts";
import { type NodeFile, readNodeFile } from "./node_file.ts";

export interface AdminRequest {
  readonly method?: "GET" | "POST";
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Speaks to the admin API of the node that runs on a data directory. */
export class AdminClient {
  readonly node: NodeFile;
  readonly #dataDir: string;
  readonly #fetch: Doors["fetch"];

  constructor(node: NodeFile, dataDir: string, fetch: Doors["fetch"]) {
    this.node = node;
    this.#dataDir = dataDir;
    this.#fetch = fetch;
  }

  /** The document at `path`. @throws {SkerryError} as request(). */
  async getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
    const response = await this.request(path, signal === undefined ? {} : { signal });
    return await readJson(response, signal) as T;
  }

  /** What is answered to `json`. @throws {SkerryError} as request(). */
  async postJson<T>(path: string, json: unknown, signal?: AbortSignal): Promise<T> {
    const asked = { method: "POST", json, ...(signal && { signal }) } as const;
    return await readJson(await this.request(path, asked), signal) as T;
  }

  /** A successful answer, whose body is the caller's to read.
   * @throws {SkerryError} what the node says went wrong; NO_RUNNING_NODE if nobody answers, or
   * somebody else does; CANCELLED. */
  async request(path: string, options: AdminRequest = {}): Promise<Response> {
    const { method = "GET", json, headers, signal } = options;
    const isWrite = method !== "GET";
    let response: Response;
    try {
      response = await this.#fetch(`${this.node.admin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.node.adminToken}`,
          ...(isWrite ? { "x-skerry-admin": "1", "content-type": "application/json" } : {}),
          ...headers,
        },
        redirect: "error",
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw new SkerryError("CANCELLED", "Interrupted");
      throw this.#nobody("does not answer", error);
    }
    if (response.ok) return response;
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      throw this.#nobody("is not this node: it does not know the token");
    }
    throw await failureOf(response);
  }

  #nobody(what: string, cause?: unknown): SkerryError {
    const { pid, admin } = this.node;
    return new SkerryError(
      "NO_RUNNING_NODE",
      `No node runs on ${this.#dataDir}: the last one (pid ${pid}) was at ${admin}, which ` +
        `${what}. Start one with skerry run`,
      { cause },
    );
  }
}

/** The admin API of the node that runs on `dataDir`.
 * @throws {SkerryError} NO_RUNNING_NODE if none ever said so; a request finds out if it lives. */
export async function connectAdmin(
  dataDir: string,
  { files, fetch }: { readonly files: PrivateFiles; readonly fetch: Doors["fetch"] },
): Promise<AdminClient> {
  const node = await readNodeFile(dataDir, files);
  if (node !== undefined) return new AdminClient(node, dataDir, fetch);
  throw new SkerryError(
    "NO_RUNNING_NODE",
    `No node runs on ${dataDir}. Start one with skerry run, or say with --data where it is`,
  );
}

async function readJson(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted === true) throw new SkerryError("CANCELLED", "Interrupted");
    throw brokenOff(error);
  }
}

/** What a cut connection or an answer that is no JSON means. */
export function brokenOff(cause?: unknown): SkerryError {
  const sentence = "The node broke off its answer: it was stopped, or its log says why";
  return new SkerryError("DRAINING", sentence, { cause });
}

const DETAIL_BYTES_MAX = 65_536;

/** The error that a problem body (RFC 9457) carries. */
async function failureOf(response: Response): Promise<SkerryError> {
  const text = (await response.text().catch(() => "")).slice(0, DETAIL_BYTES_MAX);
  return errorFrom(jsonOf(text)) ??
    new SkerryError("REFUSED", `The node answered with HTTP status ${response.status}`);
}

/** A SkerryError out of `{code, detail | message}`; undefined if it holds none. */
export function errorFrom(value: unknown): SkerryError | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { code, detail, message } = value as Record<string, unknown>;
  const sentence = typeof detail === "string" ? detail : message;
  if (!isErrorCode(code) || typeof sentence !== "string") return undefined;
  return new SkerryError(code, sentence);
}

function isErrorCode(code: unknown): code is SkerryErrorCode {
  return (SKERRY_ERROR_CODES as readonly unknown[]).includes(code);
}
