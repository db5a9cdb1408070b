import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Chromium } from "../support/chromium.ts";
import { expect, test } from "../support/harness.ts";
import { type NodeProcess, skerry, startNode } from "../support/processes.ts";
import { writeSpreadVideo } from "../support/spread_video.ts";
import { HttpClient } from "./http_client.ts";

const MIB = 2 ** 20;
const SLOW = { timeout: 120_000 };
/** Two minutes that grow brighter evenly; see make.sh beside it. */
const FILM = new URL("../vectors/video/ramp.mp4", import.meta.url);
const FILM_SECONDS = 120;
const PICTURES_A_SECOND = 2;
const MIDDLE_SECONDS = 60;
/** Some 16 Mbit/s, 240 MiB in all: a browser on a fast machine has 10 s and a window of 32 MiB
 * (tcp_rmem) sent ahead at each place, and that is to be little of the film. */
const GAP_BYTES = MIB;

/** A page with a film, as people make them. Its film and its script are of one origin, so it may
 * look at the pictures. */
const PAGE = `<!doctype html><html lang="en"><title>film</title>
<video src="film.mp4" muted controls preload="metadata"></video>
<script>
const video = document.querySelector("video");
function brightness() {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.drawImage(video, 0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data[0];
}
</script>`;

export interface VideoWorld {
  readonly folder: string;
  /** The node that is asked; it has no part of the film. */
  readonly node: NodeProcess;
  readonly browser: Chromium;
}

/** Whoever goes to the middle of a film gets the middle, and this node little else. */
export function videoRow(world: () => VideoWorld): void {
  test("a film plays from where one seeks to, and what lies between stays away", async () => {
    const { folder, node, browser } = world();
    const site = join(folder, "film");
    mkdirSync(site);
    writeFileSync(join(site, "index.html"), PAGE);
    const path = join(site, "film.mp4");
    const pictures = writeSpreadVideo(path, new Uint8Array(readFileSync(FILM)), GAP_BYTES);
    const holder = await startNode({
      name: "cinema",
      dataDir: join(folder, "cinema"),
      bootstrap: [node.uri],
    });
    try {
      const words = ["publish", site, "--wait", "1", "--json"];
      const { link } = JSON.parse((await skerry(holder.dataDir, ...words)).stdout).items[0];
      const { port } = new URL(node.gateway);
      await browser.open(`http://${link}.localhost:${port}/`);
      await browser.until("video.readyState >= 1");
      expect(await browser.value("video.duration")).toBe(FILM_SECONDS);
      await browser.value("video.play()");
      await browser.until("video.currentTime > 0.5 && video.readyState >= 3");
      expect(await browser.value("brightness()")).toBeLessThan(20);

      browser.answers.length = 0;
      await browser.value(`void (video.currentTime = ${MIDDLE_SECONDS})`);
      await browser.until(`!video.seeking && video.currentTime > ${MIDDLE_SECONDS + 0.5}`);
      // From 0 at the first picture to 255 at the last.
      expect(Math.abs(await browser.value<number>("brightness()") - 128)).toBeLessThan(8);
      const wanted = pictures[MIDDLE_SECONDS * PICTURES_A_SECOND] ?? 0;
      const parts = browser.answers.filter((answer) =>
        answer.url.endsWith("/film.mp4") && answer.status === 206
      );
      // A slow machine may still have read on at the beginning, when it was told to seek.
      const starts = parts.map(({ headers }) =>
        Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1])
      );
      expect(Math.min(...starts.map((start) => Math.abs(start - wanted))))
        .toBeLessThan(10 * GAP_BYTES);
      await browser.open("about:blank");

      const held = await heldChunks(node, readFileSync(path));
      // Of those at either place some may lack a slice, since a film that is left asks for no more.
      expect(held.filter((is) => is).length).toBeLessThan(held.length / 2);
    } finally {
      await holder.stop();
    }
  }, SLOW);
}

/** Which chunks of a file the node has. */
async function heldChunks(node: NodeProcess, file: Uint8Array): Promise<boolean[]> {
  const http = new HttpClient(node.gateway);
  const headers = { "cache-control": "only-if-cached" };
  const held: boolean[] = [];
  for (let at = 0; at < file.length; at += MIB) {
    const id = createHash("sha1").update(file.subarray(at, at + MIB)).digest("hex");
    held.push((await http.ask(`/chunk/${id}`, { method: "HEAD", headers })).status === 200);
  }
  return held;
}
