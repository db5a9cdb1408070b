import { PeerRing, RING_PEERS_MAX, ringPoint } from "../../../src/admin/peer_ring.tsx";
import { expect, test } from "../../support/harness.ts";

const peer = (nodeId: string) => ({ nodeId, address: "192.0.2.1:4000", rttMs: 1 });

test("ids lie clockwise from the top, the quarters where their first digit says", () => {
  expect(ringPoint("0".repeat(40), 100)).toEqual({ x: 160, y: 60 });
  expect(ringPoint(`4${"0".repeat(39)}`, 100)).toEqual({ x: 260, y: 160 });
  expect(ringPoint(`8${"0".repeat(39)}`, 100)).toEqual({ x: 160, y: 260 });
  expect(ringPoint(`c${"0".repeat(39)}`, 100)).toEqual({ x: 60, y: 160 });
  const { x, y } = ringPoint("f".repeat(40), 100);
  expect([x, y]).toEqual([160, 60]); // the end is the beginning
});

test("each peer is drawn, tied to this node, and told in words", () => {
  const svg = PeerRing({
    info: { nodeIdHex: "0".repeat(40) },
    peers: [peer("4".repeat(40)), { ...peer("c".repeat(40)), rttMs: undefined }],
  }).toString();
  expect(svg.match(/class="peer"/g)?.length).toBe(2);
  expect(svg.match(/class="tie"/g)?.length).toBe(2);
  expect(svg).toContain(`<title>${"4".repeat(40)} at 192.0.2.1:4000, 1.0 ms</title>`);
  expect(svg).not.toContain("style=");
});

test("no more peers are drawn than can be told apart, and it says so", () => {
  const peers = [...Array(RING_PEERS_MAX + 3).keys()].map((i) =>
    peer(i.toString(16).padStart(40, "0"))
  );
  const svg = PeerRing({ info: { nodeIdHex: "0".repeat(40) }, peers }).toString();
  expect(svg.match(/class="peer"/g)?.length).toBe(RING_PEERS_MAX);
  expect(svg).toContain("3 more peers are not drawn");
});
