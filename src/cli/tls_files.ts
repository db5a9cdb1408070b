import type { Config } from "../config/mod.ts";
import { fromUtf8, SkerryError } from "../lib/mod.ts";
import type { HttpServer, LocalFiles, Logger, TlsFacts, TlsPair } from "../ports/mod.ts";
import type { Doors } from "./host.ts";

type TlsPaths = NonNullable<Config["tls"]>;
type TlsDoors = Pick<Doors, "clock" | "inspectTls" | "localFiles">;

/** A chain of certificates is a few KB; more is some other file. */
const PEM_BYTES_MAX = 256 * 1024;
/** Two small files, so that whoever renews a certificate sees at once whether it was taken. */
const LOOK_MS = 2_000;
const DAY_MS = 86_400_000;
/** Programs that renew certificates do so a month before the end: after that something is amiss. */
export const EXPIRY_WARNING_MS = 14 * DAY_MS;

export interface LoadedTls {
  readonly pair: TlsPair;
  readonly facts: TlsFacts;
}

/** Reads both files and makes sure that they belong together.
 * @throws {SkerryError} FILE_UNREADABLE or INVALID_CONFIG, naming the files, never what is in the
 * key's. */
export async function loadTls(
  paths: TlsPaths,
  { inspectTls, localFiles }: Pick<TlsDoors, "inspectTls" | "localFiles">,
): Promise<LoadedTls> {
  const certificate = await readPem("--tls-cert", paths.certPath, localFiles);
  const privateKey = await readPem("--tls-key", paths.keyPath, localFiles);
  const pair = { certificate, privateKey };
  try {
    return { pair, facts: inspectTls(pair) };
  } catch (error) {
    if (!(error instanceof SkerryError)) throw error;
    const files = `--tls-cert ${paths.certPath}, --tls-key ${paths.keyPath}`;
    throw new SkerryError("INVALID_CONFIG", `${error.message}: ${files}`);
  }
}

async function readPem(flag: string, path: string, localFiles: LocalFiles): Promise<string> {
  const file = await localFiles.openRead(path);
  try {
    if (file.size > PEM_BYTES_MAX) {
      const rule = `more than the ${PEM_BYTES_MAX} of any PEM file`;
      throw new SkerryError("INVALID_CONFIG", `${flag} ${path} has ${file.size} bytes, ${rule}`);
    }
    const bytes = new Uint8Array(file.size);
    const text = fromUtf8(bytes.subarray(0, await file.read(0, bytes)));
    if (text !== undefined) return text;
    throw new SkerryError("INVALID_CONFIG", `${flag} ${path} is not PEM: it is no text`);
  } finally {
    await file.close();
  }
}

/** Hands a server the pair whenever the files hold another one. A pair that cannot be used is told
 * once, and the old one stays: half of it may be written still. */
export class TlsWatch {
  readonly #paths: TlsPaths;
  readonly #doors: TlsDoors;
  readonly #server: Pick<HttpServer, "useTls">;
  readonly #logger: Logger;
  #inUse: string;
  #fault = "";
  #cancelTimer = (): void => {};
  /** Looks, one after another. */
  #running: Promise<void> = Promise.resolve();
  /** A reload that has not begun. */
  #waiting: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    paths: TlsPaths,
    loaded: LoadedTls,
    server: Pick<HttpServer, "useTls">,
    doors: TlsDoors,
    logger: Logger,
  ) {
    this.#paths = paths;
    this.#doors = doors;
    this.#server = server;
    this.#logger = logger;
    this.#inUse = keyOf(loaded.pair);
    this.#tell(loaded.facts);
    this.#arm();
  }

  /** Looks now; what is still wrong is told again. Resolves when it is done. */
  reload(): Promise<void> {
    return this.#waiting ??= this.#next(async () => {
      this.#waiting = undefined;
      this.#fault = "";
      await this.#look();
    });
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** There is one timer, whatever came between. */
  #arm(): void {
    this.#cancelTimer();
    if (this.#isStopped) return;
    this.#cancelTimer = this.#doors.clock.schedule(
      LOOK_MS,
      () => void this.#next(() => this.#look()),
    );
  }

  #next(look: () => Promise<void>): Promise<void> {
    return this.#running = this.#running
      .then(() => this.#isStopped ? undefined : look())
      .finally(() => this.#arm());
  }

  async #look(): Promise<void> {
    try {
      const loaded = await loadTls(this.#paths, this.#doors);
      if (this.#isStopped) return;
      const isNew = keyOf(loaded.pair) !== this.#inUse;
      if (isNew) this.#server.useTls(loaded.pair);
      this.#fault = ""; // not before: what only the server refuses is told once as well
      if (!isNew) return;
      this.#inUse = keyOf(loaded.pair);
      this.#tell(loaded.facts);
    } catch (error) {
      const message = error instanceof SkerryError ? error.message : "unknown";
      if (message === this.#fault) return;
      this.#fault = message;
      this.#logger.log("warn", "tls_not_renewed", { message });
    }
  }

  #tell({ names, expiresMs }: TlsFacts): void {
    const isLate = expiresMs < this.#doors.clock.unixMs() + EXPIRY_WARNING_MS;
    const expires = new Date(expiresMs).toISOString();
    this.#logger.log(isLate ? "warn" : "info", "tls_certificate", {
      names: names.join(" "),
      expires,
    });
  }
}

const keyOf = ({ certificate, privateKey }: TlsPair): string => `${certificate}\0${privateKey}`;
