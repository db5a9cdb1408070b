import { setOption } from "./libc.ts";

// asm-generic and linux/tcp.h
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

/** Clients of one server for whom the kernel holds as much as it likes: a chunk in one write is a
 * sixth cheaper than in parts. It is bounded for those who come when there are so many. */
const CROWD = 256;
/** What has not been sent yet of one connection. Unbounded it is half a MB of a client that takes
 * nothing, and up to four: some thousands of those fill what Linux has for TCP (tcp_mem, an eighth
 * of all memory), and then it drops what others send, who wait for a timeout of 0.2 to 0.6 s. */
const UNSENT_BYTES_MAX = 65_536;

/** Keeps a crowd of slow clients from taking the kernel's memory. */
export class SendQueues {
  readonly #bound: (fd: number) => void;
  #clients = 0;

  /** @param bound what waits in the kernel for that socket. */
  constructor(bound = boundUnsent) {
    this.#bound = bound;
  }

  /** @param fd of a connection that was accepted. */
  opened(fd: number): void {
    if (++this.#clients > CROWD) this.#bound(fd);
  }

  closed(): void {
    this.#clients--;
  }
}

function boundUnsent(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX);
}
