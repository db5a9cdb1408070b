import type { KeptAnswer, KeptReading } from "../gateway/mod.ts";
import { concatBytes, utf8 } from "../lib/mod.ts";
import type { ReceiverWatch, StreamSocket } from "../ports/mod.ts";
import { ClientSide } from "./client_side.ts";
import type { ConnectionDoors, OpenConnection } from "./connection_doors.ts";
import { HeadReader } from "./head_reader.ts";
import type { LinkHandler } from "./node_link.ts";
import type { PlainHead } from "./plain_head.ts";
import { Relay } from "./relay.ts";

/** What a client may send ahead while an answer is under way. */
const PENDING_MAX = 32_768;

/** resting: nothing runs, and the client has all. asking: whether it may be answered from here.
 * answering: from here, or what is left of the node's answer. relaying: one answer of the node's.
 * tunnel: all from now on goes to the node and back as it is. lingering: the last answer was
 * given. */
type Mode = "resting" | "asking" | "answering" | "relaying" | "tunnel" | "lingering" | "over";

/** One client's connection: each plain request is answered from here where that may be, else by the
 * node; whatever else comes, the node gets from its first byte on. */
export class ClientConnection implements OpenConnection, LinkHandler {
  readonly #doors: ConnectionDoors;
  readonly #side: ClientSide;
  readonly #reader = new HeadReader();
  #mode: Mode = "resting";
  /** What was read and not looked at; BOUNDED by PENDING_MAX and one piece. */
  #pending: Uint8Array = new Uint8Array();
  #relay: Relay | undefined;
  #hasAsked = false;

  constructor(socket: StreamSocket, doors: ConnectionDoors) {
    this.#doors = doors;
    this.#side = new ClientSide(socket, doors);
  }

  get #socket(): StreamSocket {
    return this.#side.socket;
  }

  onData(bytes: Uint8Array): void {
    if (this.#mode === "over" || this.#mode === "lingering") return;
    if (this.#mode === "tunnel") return this.#side.toNode(bytes);
    this.#pending = this.#pending.length === 0 ? bytes : concatBytes(this.#pending, bytes);
    if (this.#mode === "resting") this.#next();
    else if (this.#pending.length > PENDING_MAX) this.#socket.pause();
  }

  onDrain(): void {
    this.#side.drained();
  }

  onEnd(): void {
    this.#side.ended();
    if (this.#mode === "resting") this.#socket.close();
    else if (this.#mode === "tunnel" || this.#mode === "relaying") this.#endLink();
  }

  onClose(): void {
    this.#mode = "over";
    this.#side.closed();
    this.#doors.onOver(this);
  }

  onLinkData(bytes: Uint8Array): void {
    if (this.#mode === "tunnel") return this.#side.toClient(bytes);
    const relay = this.#relay;
    const isBegun = relay?.hasHead === true;
    const forClient = relay?.take(bytes);
    if (relay === undefined || forClient === undefined) return this.#socket.cut();
    this.#side.toClient(forClient);
    // At its head: others need not wait until a slow client has all of it.
    if (!isBegun && relay.hasHead) this.#learn(relay);
    if (relay.isEndless) return this.#onlyNode();
    if (!relay.isOver) return;
    this.#relay = undefined;
    const waiting = this.#side.outbox.writableLength;
    if (waiting > 0) {
      // The node counts it as over.
      this.#mode = "answering";
      const client = this.#doors.clientOf(relay.head, this.#socket.remote);
      return this.#doneWhenTaken(client, waiting, relay.isLast);
    }
    this.#done(relay.isLast);
    this.#next();
  }

  #learn({ key, lendableFrom }: Relay): void {
    if (key !== undefined && lendableFrom !== undefined) this.#doors.learn(key, lendableFrom);
  }

  onLinkDrain(): void {
    if (this.#mode === "tunnel") this.#socket.resume();
  }

  onLinkClose(wasCut: boolean): void {
    const isIntroduced = this.#side.link?.isIntroduced === true;
    this.#side.unlinked();
    const relay = this.#relay;
    if (this.#mode === "tunnel") return wasCut ? this.#socket.cut() : this.#finish();
    if (relay === undefined) return; // it had rested too long
    // The node had closed it for its rest just when this was written to it, or before it knew for
    // whom it is; or else it heard that the client has ended, and gave up what that waited for.
    const isGivenUp = isIntroduced && this.#side.isEnded;
    if (!isGivenUp && relay.mayBeAskedAgain(isIntroduced)) return this.#ask(relay.again());
    this.#socket.cut(); // what is not whole must not look so
  }

  watch(now: number): void {
    const { headerTimeoutMs, idleTimeoutMs } = this.#doors.limits;
    if (this.#mode !== "resting") return this.#side.watch(now);
    const mostMs = this.#hasAsked ? idleTimeoutMs : headerTimeoutMs;
    if (this.#side.restMs(now) > mostMs) this.#socket.close();
  }

  excuse(lateMs: number): void {
    this.#side.excuse(lateMs);
  }

  drain(): boolean {
    if (this.#mode === "resting") this.#socket.close();
    return this.#mode !== "over" && this.#mode !== "resting";
  }

  cut(): void {
    this.#socket.cut();
  }

  #next(): void {
    while (this.#mode === "resting" && this.#pending.length > 0) {
      const head = this.#reader.read(this.#pending);
      if (head === "odd" || head === "part") return this.#tunnel();
      this.#hasAsked = true;
      this.#pending = this.#pending.subarray(head.text.length);
      this.#begin(head);
    }
    if (this.#pending.length <= PENDING_MAX) this.#socket.resume();
  }

  #begin(head: PlainHead): void {
    const key = this.#doors.keyOf(head, this.#socket.remote);
    if (key === undefined) return this.#ask(new Relay(head, undefined));
    const client = this.#doors.clientOf(head, this.#socket.remote);
    if (this.#answerByKey(head, key, client)) return;
    const revival = this.#doors.revive(key, head.header("range"), client);
    if (revival === undefined) return this.#ask(new Relay(head, key));
    this.#mode = "asking";
    void revival.then(() => {
      if (this.#mode !== "asking") return;
      if (!this.#answerByKey(head, key, client)) this.#ask(new Relay(head, key));
      this.#next();
    });
  }

  /** @returns whether it is answered from here. */
  #answerByKey(head: PlainHead, key: string, client: string | undefined): boolean {
    const answer = this.#doors.find(key, head.header("range"), client);
    if (answer !== undefined) this.#answer(head, answer, client);
    return answer !== undefined;
  }

  #answer(head: PlainHead, answer: KeptAnswer, client: string | undefined): void {
    const { body } = answer;
    const isLast = head.isLast || this.#doors.isDraining();
    this.#mode = "answering";
    if (!(body instanceof Uint8Array)) return void this.#stream(head, answer, body, client);
    this.#doors.noteAnswer(answer, 0);
    this.#doors.noteSent(body.length);
    if (this.#side.outbox.sendBoth(this.#headOf(answer, isLast), body)) return this.#done(isLast);
    this.#doneWhenTaken(client, body.length, isLast);
  }

  /** @param bytes of the answer, all of which is given and not all taken. */
  #doneWhenTaken(client: string | undefined, bytes: number, isLast: boolean): void {
    void this.#watched(client, async (receiver) => {
      receiver.wrote(bytes);
      await this.#taken(receiver);
    }).then(() => {
      this.#done(isLast);
      this.#next();
    });
  }

  /** Gives a body that is read piece by piece; what cannot be read here is asked of the node. */
  async #stream(
    head: PlainHead,
    answer: KeptAnswer,
    body: KeptReading,
    client: string | undefined,
  ): Promise<void> {
    let sent = 0;
    await this.#watched(client, async (receiver) => {
      sent = await this.#pieces(head, answer, body, receiver);
    });
    this.#doors.noteSent(sent);
    if (this.#mode !== "answering") return;
    if (sent === body.length) {
      this.#done(head.isLast);
      return this.#next();
    }
    const at = startOf(answer);
    const rest = { from: at + sent, to: at + body.length };
    this.#ask(sent === 0 ? new Relay(head, undefined) : new Relay(head, undefined, rest));
  }

  /** @returns bytes of the body that were given. */
  async #pieces(
    head: PlainHead,
    answer: KeptAnswer,
    body: KeptReading,
    receiver: ReceiverWatch,
  ): Promise<number> {
    const startedAt = this.#doors.now();
    const pieces = body.read({ reusePieces: true })[Symbol.asyncIterator]();
    let sent = 0;
    while (sent < body.length) {
      const next = await pieces.next().catch(() => undefined); // the node may go on
      if (this.#mode !== "answering" || next?.value === undefined) break;
      const isFirst = sent === 0;
      if (isFirst) this.#doors.noteAnswer(answer, this.#doors.now() - startedAt);
      sent += next.value.length;
      receiver.wrote(next.value.length);
      const isLast = head.isLast || this.#doors.isDraining();
      const isTaken = isFirst
        ? this.#side.outbox.sendBoth(this.#headOf(answer, isLast), next.value)
        : this.#side.outbox.send(next.value);
      if (!isTaken) await this.#taken(receiver);
    }
    await pieces.return?.();
    return sent;
  }

  #headOf({ status, headers }: KeptAnswer, isLast: boolean): Uint8Array {
    return this.#doors.text.headOfKept(status, headers, isLast);
  }

  /** Counts an answer that its client may take slowly, and watches over that. */
  async #watched(
    client: string | undefined,
    deed: (receiver: ReceiverWatch) => Promise<void>,
  ): Promise<void> {
    const leave = this.#doors.begin(client);
    await deed(this.#side.watched()).finally(() => {
      this.#side.unwatched();
      leave();
    });
  }

  /** As ClientSide.taken. */
  async #taken(receiver: ReceiverWatch): Promise<void> {
    if (this.#mode !== "over") await this.#side.taken(receiver);
  }

  #ask(relay: Relay): void {
    this.#mode = "relaying";
    this.#relay = relay;
    relay.isOnUsedLink = this.#side.link !== undefined;
    if (relay.head.isHttp10) this.#side.holdEnd();
    this.#side.linkFor(this).write(utf8(relay.request));
    this.#endLink();
  }

  /** Hands the client's end on behind its last request. */
  #endLink(): void {
    if (this.#pending.length === 0) this.#side.handEndOn();
  }

  #done(isLast: boolean): void {
    if (this.#mode === "over") return;
    const isNobodyThere = this.#side.isEnded && this.#pending.length === 0;
    if (isLast || isNobodyThere || this.#doors.isDraining()) return this.#finish();
    this.#mode = "resting";
    this.#side.rests();
  }

  #finish(): void {
    this.#mode = "lingering";
    this.#pending = new Uint8Array();
    this.#side.finish();
  }

  #tunnel(): void {
    this.#mode = "tunnel";
    const bytes = this.#pending;
    this.#pending = new Uint8Array();
    this.#side.tunnel(bytes, this);
  }

  /** An answer is under way that ends with its connection: what the client sends behind its request
   * is the node's to throw away. */
  #onlyNode(): void {
    this.#mode = "tunnel";
    const bytes = this.#pending;
    this.#pending = new Uint8Array();
    this.#socket.resume();
    if (bytes.length > 0) this.#side.toNode(bytes);
    this.#side.handEndOn();
  }
}

/** Where in the whole an answer begins. */
function startOf({ headers }: KeptAnswer): number {
  const range = headers[headers.indexOf("content-range") + 1] ?? "";
  return Number(/^bytes ([0-9]+)-/.exec(range)?.[1] ?? 0);
}
