import type { Address } from "../../../src/lib/mod.ts";
import { openBunSocketWith } from "../../../src/runtime/bun/udp.ts";
import { SegmentedSender } from "../../../src/runtime/bun/udp_offload.ts";
import { expect, test } from "../../support/harness.ts";

const EIO = 5, EAGAIN = 11, EINVAL = 22, EMSGSIZE = 90, ENETUNREACH = 101, ENOBUFS = 105;
const ELSEWHERE: Address = { ip: "127.0.0.1", port: 9 };

/** A kernel whose sendmsg() fails with these errors, one after the other, and then succeeds. */
function failing(...errors: number[]) {
  const kernel = { calls: 0, error: 0 };
  const sendmsg = (): number => {
    kernel.calls++;
    kernel.error = errors.shift() ?? 0;
    return kernel.error === 0 ? 1 : -1;
  };
  const calls = { sendmsg, lastError: () => kernel.error };
  return { kernel, sender: new SegmentedSender(0, false, calls) };
}

async function pair(sender: SegmentedSender) {
  const got: number[] = [];
  const quiet = { onDatagram: () => {}, onBatchEnd: () => {}, onDrain: () => {} };
  const bind = { host: "127.0.0.1", port: 0 };
  const a = await openBunSocketWith(() => sender)(bind, quiet);
  const b = await openBunSocketWith(() => undefined)(
    bind,
    { ...quiet, onDatagram: (bytes) => got.push(bytes.length) },
  );
  const close = async (): Promise<number[]> => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const socket of [a, b]) socket.close();
    return got;
  };
  return { a, to: b.localAddress, close };
}

for (const [name, error] of Object.entries({ EIO, EINVAL, EMSGSIZE })) {
  test(`after the first ${name} that train and all others leave datagram by datagram`, async () => {
    const { kernel, sender } = failing(error);
    const { a, to, close } = await pair(sender);
    for (let i = 0; i < 3; i++) expect(a.send(to, new Uint8Array(1_000), 400)).toBe(1_000);
    expect(await close()).toEqual([400, 400, 200, 400, 400, 200, 400, 400, 200]);
    expect(kernel.calls).toBe(1);
  });
}

test("a long train that fails half-way is short: the rest goes datagram by datagram", async () => {
  const { sender } = failing(0, EIO);
  const { a, to, close } = await pair(sender);
  const train = new Uint8Array(70 * 100);
  const accepted = a.send(to, train, 100);
  expect(accepted).toBe(64 * 100);
  expect(a.send(to, train.subarray(accepted), 100)).toBe(6 * 100);
  expect(await close()).toEqual(Array(6).fill(100));
});

for (const [name, error] of Object.entries({ EAGAIN, ENOBUFS })) {
  test(`${name} is a short send, however often it comes, and then all goes on`, () => {
    const { kernel, sender } = failing(error, error, error);
    const accepted = [1, 2, 3, 4].map(() => sender.send(ELSEWHERE, new Uint8Array(1_000), 400));
    expect(accepted).toEqual([0, 0, 0, 1_000]);
    expect(kernel.calls).toBe(4);
  });
}

test("an unreachable receiver is a lost train, not a broken kernel", () => {
  const { kernel, sender } = failing(ENETUNREACH);
  for (let i = 0; i < 2; i++) expect(sender.send(ELSEWHERE, new Uint8Array(900), 400)).toBe(900);
  expect(kernel.calls).toBe(2);
});

test("an IPv6 address on an IPv4 socket is not for this sender", () => {
  const { kernel, sender } = failing();
  const to = { ip: "2001:db8::1", port: 9 };
  expect(sender.send(to, new Uint8Array(900), 400)).toBeUndefined();
  expect(kernel.calls).toBe(0);
});

test("nothing is sent on a closed socket's number, which may be another's by now", async () => {
  const { kernel, sender } = failing();
  const { a, to, close } = await pair(sender);
  await close();
  expect(a.send(to, new Uint8Array(1_000), 400)).toBe(1_000);
  expect(kernel.calls).toBe(0);
});
