import { type KeptAnswer, limitedClient } from "../gateway/mod.ts";
import { SkerryError } from "../lib/mod.ts";
import type {
  Clock,
  ConnectStream,
  HttpLimits,
  Introduce,
  ListenStreams,
  OpenSlotFiles,
  ParentProcess,
  StreamHandler,
  StreamServer,
  StreamSocket,
  WatchReceiver,
} from "../ports/mod.ts";
import { AnswerText } from "./answer_text.ts";
import { ClientConnection } from "./client_connection.ts";
import type { ConnectionDoors } from "./connection_doors.ts";
import { LentAnswers } from "./lent_answers.ts";
import type { ToNode, ToWorker, WorkerSettings } from "./messages.ts";
import { NodeLink } from "./node_link.ts";
import { NodeDesk } from "./node_desk.ts";
import { OpenConnections } from "./open_connections.ts";
import { Reports } from "./reports.ts";

export interface WorkerDoors {
  readonly clock: Clock;
  readonly listenStreams: ListenStreams;
  readonly connectStream: ConnectStream;
  readonly openSlotFiles: OpenSlotFiles;
  readonly introduce: Introduce;
  readonly watchReceiver: WatchReceiver;
  readonly httpLimits: Required<HttpLimits>;
}

const WATCH_MS = 1_000;

/** Works for the process that started this one until that is done with it. Resolves then. */
export function runWorker(parent: ParentProcess, doors: WorkerDoors): Promise<void> {
  return new Promise((resolve) => {
    let worker: HttpWorker | undefined;
    parent.onGone(resolve);
    parent.onMessage((message) => {
      const told = message as ToWorker; // the parent is this program
      if (told.kind === "setup") worker = new HttpWorker(parent, told.settings, doors, resolve);
      else worker?.take(told);
    });
  });
}

/** Listens beside the other workers and answers what it may. */
class HttpWorker {
  readonly #send: (message: ToNode) => void;
  readonly #desk: NodeDesk;
  readonly #doors: WorkerDoors;
  readonly #settings: WorkerSettings;
  readonly #answers: LentAnswers;
  readonly #reports: Reports;
  readonly #connections: OpenConnections;
  readonly #shared: ConnectionDoors;
  readonly #onDone: () => void;
  #server: StreamServer | undefined;
  #isDraining = false;

  constructor(
    parent: Pick<ParentProcess, "send">,
    settings: WorkerSettings,
    doors: WorkerDoors,
    onDone: () => void,
  ) {
    const send = (message: ToNode): void => parent.send(message);
    this.#send = send;
    this.#doors = doors;
    this.#settings = settings;
    this.#onDone = onDone;
    this.#connections = new OpenConnections(doors.clock, WATCH_MS);
    this.#desk = new NodeDesk(send, settings, doors.clock);
    this.#reports = new Reports(doors.clock, (report) => send({ kind: "report", ...report }));
    this.#answers = new LentAnswers({
      settings,
      files: doors.openSlotFiles(settings.storeDirectory),
      now: () => doors.clock.now(),
      rest: () => new Promise((resolve) => void doors.clock.schedule(0, resolve)),
      ask: (ask) => this.#desk.ask(ask),
    });
    this.#shared = this.#share();
    try {
      this.#server = doors.listenStreams(settings.at, (socket) => this.#accept(socket));
      send({ kind: "listening" });
    } catch (error) {
      const { code, message } = error instanceof SkerryError
        ? error
        : { code: "INVALID_CONFIG", message: String(error) };
      send({ kind: "failed", code, message });
    }
  }

  take(told: Exclude<ToWorker, { readonly kind: "setup" }>): void {
    if (told.kind === "ping") this.#send({ kind: "alive" });
    else if (told.kind === "forget") this.#answers.forget();
    else if (told.kind === "drain") this.#drain(told.graceMs);
    else this.#desk.take(told);
  }

  #share(): ConnectionDoors {
    const { clock, connectStream, introduce, httpLimits, watchReceiver } = this.#doors;
    const { node, secret, gateway } = this.#settings;
    const connect = (handler: StreamHandler) => connectStream(node, handler);
    return {
      limits: httpLimits,
      text: new AnswerText(() => clock.unixMs(), httpLimits.idleTimeoutMs),
      now: () => clock.now(),
      isDraining: () => this.#isDraining,
      clientOf: ({ header }, { ip }) => limitedClient(ip, header("x-forwarded-for"), gateway),
      keyOf: (head, remote) => this.#answers.keyOf(head, remote),
      find: (key, range, client) => this.#find(key, range, client),
      revive: (key, range, client) =>
        this.#desk.mayBegin(client) ? this.#answers.revive(key, range) : undefined,
      learn: (key, from) => this.#answers.learn(key, from),
      openLink: ({ remote, local }, handler) =>
        new NodeLink(connect, introduce(secret, remote, local), handler),
      watchReceiver,
      begin: (client) => this.#desk.begin(client),
      noteAnswer: (answer, firstByteMs) => this.#reports.noteAnswer(answer, firstByteMs),
      noteSent: (bodyBytes) => this.#reports.noteSent(bodyBytes),
      onOver: (connection) => this.#connections.delete(connection),
    };
  }

  #find(
    key: string,
    range: string | undefined,
    client: string | undefined,
  ): KeptAnswer | undefined {
    return this.#desk.mayBegin(client) ? this.#answers.find(key, range) : undefined;
  }

  #accept(socket: StreamSocket): StreamHandler {
    const connection = new ClientConnection(socket, this.#shared);
    const { connectionsMax } = this.#doors.httpLimits;
    if (this.#isDraining || this.#connections.size >= connectionsMax / this.#settings.workers) {
      socket.close();
      return connection;
    }
    this.#connections.add(connection);
    return connection;
  }

  #drain(graceMs: number): void {
    this.#isDraining = true;
    this.#server?.stop();
    this.#connections.drain(graceMs, () => {
      this.#reports.flush();
      this.#onDone();
    });
  }
}
