/** Tells what happens between nodes as lines of text: commands in, a transcript out. */
import { toHex } from "../../src/lib/mod.ts";
import { cookieTag, openInit, respTag } from "../../src/session/mod.ts";
import { isDrop } from "../../src/wire/mod.ts";
import type { ConnectionHandle, TransportEvent } from "../../src/transport/mod.ts";
import type { PacketEvent } from "../sim/mod.ts";
import { type EndpointNode, EndpointWorld } from "./endpoint_world.ts";
import { present } from "./handshake.ts";

/** Nodes named by one letter, at 203.0.113.1 and up, with 20 ms between them. */
export class SessionStory {
  readonly #world: EndpointWorld;
  readonly #nodes = new Map<string, EndpointNode>();
  readonly #handles = new Map<string, ConnectionHandle>();
  /** What the first 8 bytes of answers to the INITs seen so far mean. */
  readonly #answers = new Map<string, "RESP" | "COOKIE">();
  readonly #cuts = new Map<string, () => void>();
  #lines: string[] = [];

  constructor(seed: number, names: readonly string[]) {
    this.#world = new EndpointWorld(seed);
    const { network } = this.#world;
    network.onPacket = (event) => this.#tell(event);
    names.forEach((name, i) => {
      const node = this.#world.node(`203.0.113.${i + 1}`);
      this.#listen(name, node);
    });
  }

  /** Carries out one command. @returns what happened meanwhile, a line each. */
  do(command: string): string[] {
    this.#lines = [];
    const [verb = "", ...words] = command.split(" ");
    const [first = "", second = ""] = words;
    switch (verb) {
      case "dial":
        this.#handles.set(first + second, this.#node(first).connect(this.#node(second)));
        break;
      case "say":
        this.#say(first, second, words.slice(2).join(" "));
        break;
      case "ask":
        this.#ask(first, second, words.slice(2).join(" "));
        break;
      case "close": {
        const node = this.#node(first);
        node.endpoint.close(this.#handle(first, second), 0, node.now);
        node.drive();
        break;
      }
      case "run":
        this.#world.run(Number(first));
        break;
      case "cut":
        this.#cuts.set(command.slice(4), this.#cut(first, second));
        break;
      case "mend":
        this.#cuts.get(command.slice(5))?.();
        break;
      case "wall":
        this.#node(first).stepWall(Number(second));
        break;
      case "restart":
        this.#restart(first);
        break;
      default:
        throw new Error(`no such command: ${command}`);
    }
    return this.#lines.length === 0 ? ["(nothing)"] : this.#lines;
  }

  #say(from: string, to: string, text: string): void {
    this.#node(from).send(this.#handle(from, to), new TextEncoder().encode(text));
  }

  /** Dials and asks in the INIT. */
  #ask(from: string, to: string, text: string): void {
    const { endpoint, now } = this.#node(from);
    const { publicKey, address } = this.#node(to);
    const handle = endpoint.connect({ publicKey, address }, now);
    endpoint.sendMessage(handle, new TextEncoder().encode(text), now, "always");
    this.#node(from).drive();
  }

  #answer(node: EndpointNode, event: Extract<TransportEvent, { kind: "early_message" }>): void {
    const asked = new TextDecoder().decode(event.bytes);
    const answer = new TextEncoder().encode(`${asked}? me!`);
    node.endpoint.sendMessage(event.connection, answer, node.now);
  }

  #cut(from: string, to: string): () => void {
    const ips = [from, to].map((name) => [this.#node(name).address.ip]);
    return this.#world.network.partition(present(ips[0]), present(ips[1]), "a_to_b");
  }

  #restart(name: string): void {
    const before = this.#node(name);
    before.crash();
    this.#listen(name, this.#world.node(before.address.ip, { identity: before.key }));
  }

  #listen(name: string, node: EndpointNode): void {
    this.#nodes.set(name, node);
    node.onEvent = (event) => {
      if (event.kind === "connected") {
        this.#handles.set(name + this.#nameOf(event.publicKey), event.connection);
      }
      this.#line(`${name}: ${this.#told(event)}`);
      if (event.kind === "early_message") this.#answer(node, event);
    };
  }

  #told(event: TransportEvent): string {
    switch (event.kind) {
      case "connected":
        return `connected to ${this.#nameOf(event.publicKey)}` +
          (event.initiatedByUs ? "" : ", who dialled");
      case "connect_failed":
        return `no connection to ${this.#nameOf(event.publicKey)}: ${event.reason}`;
      case "closed":
        return `connection to ${this.#nameOf(event.publicKey)} closed: ${event.reason}`;
      case "message":
        return `got "${new TextDecoder().decode(event.bytes)}"`;
      case "early_message":
        return `is asked "${new TextDecoder().decode(event.bytes)}" by a ` +
          (event.isAddressProven ? "proven address" : "stranger");
      default:
        return event.kind;
    }
  }

  #tell(event: PacketEvent): void {
    if (event.kind === "arrived") return;
    const from = this.#nameAt(event.from.ip), to = this.#nameAt(event.to.ip);
    const what = `${from} → ${to} ${this.#kindOf(event)} ${event.bytes.length} B`;
    if (event.kind === "sent") this.#line(what);
    else this.#line(`  lost: ${what}`);
  }

  #kindOf({ bytes, to }: PacketEvent): string {
    const receiver = this.#node(this.#nameAt(to.ip));
    const init = bytes.length >= 400
      ? openInit(receiver.key, bytes, 0, bytes.length)
      : { drop: "too_small" };
    if (!isDrop(init) && "ephemeral" in init) {
      const { publicKey } = receiver;
      const first8 = (tag: Uint8Array) => toHex(tag.subarray(0, 8));
      this.#answers.set(first8(respTag(publicKey, init.ephemeral)), "RESP");
      this.#answers.set(first8(cookieTag(publicKey, init.ephemeral)), "COOKIE");
      return "INIT";
    }
    return this.#answers.get(toHex(bytes.subarray(0, 8))) ?? "DATA";
  }

  #line(text: string): void {
    this.#lines.push(`${this.#world.clock.now().toFixed(0).padStart(7)} ms  ${text}`);
  }

  #node(name: string): EndpointNode {
    return present(this.#nodes.get(name));
  }

  #handle(from: string, to: string): ConnectionHandle {
    return present(this.#handles.get(from + to));
  }

  #nameAt(ip: string): string {
    return [...this.#nodes].find(([, node]) => node.address.ip === ip)?.[0] ?? ip;
  }

  #nameOf(publicKey: Uint8Array): string {
    const hex = toHex(publicKey);
    return [...this.#nodes].find(([, node]) => toHex(node.publicKey) === hex)?.[0] ?? hex;
  }
}
