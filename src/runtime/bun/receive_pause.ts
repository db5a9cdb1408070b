import { openLibc } from "./libc.ts";

// bits/fcntl-linux.h, bits/socket.h
const F_DUPFD_CLOEXEC = 1030;
const O_CLOEXEC = 0o2000000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;

/** Ends Bun's receive loop early. On one wake-up Bun reads a UDP socket until it is empty
 * (oven-sh/bun#37103), which a sender that is faster than we are never lets happen: no timer fires
 * and nobody else's socket is served until it stops. */
export interface ReceivePause {
  readonly isPaused: boolean;
  /** From here on the socket looks empty to whoever reads it, and must not be sent on. What comes
   * meanwhile waits in the kernel's buffer, and wakes the loop again. */
  pause(): void;
  /** Before the loop's next poll. */
  resume(): void;
  /** Call before the socket is closed. */
  close(): void;
}

/** Undefined where libc is not known: there a flood goes as far as the runtime lets it.
 * @param fd an open UDP socket's.
 *
 * While paused, the number `fd` stands for another socket, on which nothing ever arrives. The real
 * one lives on behind a number of its own, and so does the poll's interest in it. */
export function pausableReceive(fd: number): ReceivePause | undefined {
  const libc = openLibc();
  if (libc === undefined) return undefined;
  const real = libc.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  const empty = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK_CLOEXEC, 0);
  const closeBoth = (): void => {
    for (const each of [real, empty]) if (each >= 0) libc.close(each);
  };
  if (real < 0 || empty < 0) {
    closeBoth();
    return undefined;
  }
  let isPaused = false;
  const resume = (): void => {
    if (isPaused) isPaused = libc.dup3(real, fd, O_CLOEXEC) < 0;
  };
  return {
    get isPaused() {
      return isPaused;
    },
    pause() {
      isPaused ||= libc.dup3(empty, fd, O_CLOEXEC) >= 0;
    },
    resume,
    close() {
      resume();
      closeBoth();
    },
  };
}
