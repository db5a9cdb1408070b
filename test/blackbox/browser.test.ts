import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { CHROMIUM, Chromium } from "../support/chromium.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { GOOD_PAGE, pageReport, tabStops } from "../support/page_laws.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../support/processes.ts";
import { doubtedCache } from "./doubted_cache.ts";
import { type Site, siteOf, writeSite } from "./site.ts";
import { videoRow } from "./video_row.ts";

const SLOW = { timeout: 120_000 };
/** How readers have their browser: scheme and width. The wide one comes last. */
const LOOKS = [["light", 320], ["dark", 1000]] as const;
/** Chromium finds every name below localhost on this machine. */
const GATEWAY_HOST = "gw.localhost";

if (CHROMIUM === undefined) {
  console.warn("no chromium: the pages and the verifier are not tried in a real browser");
} else {
  describe("in a real browser", () => {
    const folder = scratch("browser");
    let node: NodeProcess, site: Site, server: Server, cache: string, browser: Chromium;

    beforeAll(async () => {
      [node, browser] = await Promise.all([
        startNode({
          name: "node",
          dataDir: join(folder.path, "node"),
          flags: ["--gateway-host", GATEWAY_HOST],
        }),
        Chromium.start(join(folder.path, "profile")),
      ]);
      const path = join(folder.path, "site");
      writeSite(path);
      site = await siteOf(path);
      expect((await skerry(node.dataDir, "publish", path)).code).toBe(0);
      ({ server, url: cache } = await doubtedCache(node.gateway, site.link));
    }, SLOW);
    afterAll(async () => {
      server.close();
      await browser.stop();
      await node.stop();
      folder.remove();
    }, SLOW);

    test(
      "a page behind a cache that it does not trust takes the right bytes, of whole files and of " +
        "parts, and refuses one flipped bit",
      async () => {
        await browser.open(`${cache}/page`);
        await browser.until(`document.querySelector("pre").textContent`);
        const told = JSON.parse(await browser.value(`document.querySelector("pre").textContent`));
        const sha256 = (bytes: Uint8Array | string): string =>
          new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
        expect(told).toMatchObject({
          whole: sha256(site.big),
          part: sha256(site.big.subarray(1_000_000, 3_000_000)),
          small: sha256("6789abcdefg"),
          deep: sha256("źł\n"),
        });
        expect(told.flipped).toMatch(/^refused: bytes .* are not what the link names$/);
        expect(told.proof).toMatch(/^refused: bytes .* are not what the link names$/);
        expect(told.manifest).toMatch(/^refused: the manifest of .* is another one$/);
        expect(told.missing).toMatch(/^refused: .* has no entry "nope.txt"$/);
      },
      SLOW,
    );

    test("a person opens a link by keyboard alone, with scripts switched off", async () => {
      await browser.send("Emulation.setScriptExecutionDisabled", { value: true });
      await browser.open(`${node.gateway}/`);
      await browser.press("Tab");
      await browser.type("no link");
      await browser.loaded(() => browser.press("Enter"));
      await browser.until("document.activeElement.getAttribute('aria-invalid') === 'true'");
      expect(await browser.value("document.querySelector('[role=alert]').textContent"))
        .toContain('"no link" is not a link or an id');
      await browser.value("document.activeElement.select()");
      await browser.type(`https://gw.example/file/${site.link}/ascii.txt`);
      await browser.loaded(() => browser.press("Enter"));
      expect(await browser.value("location.pathname")).toBe(`/file/${site.link}/ascii.txt`);
      expect(await browser.value("document.body.textContent")).toContain("6789abcdefg");
      await browser.send("Emulation.setScriptExecutionDisabled", { value: false });
    }, SLOW);

    test("the box leads to a link's own origin, and on to where that sends one", async () => {
      const moving = join(folder.path, "moving");
      writeSite(moving, { "_redirects": `/away ${node.gateway}/robots.txt 302\n` });
      expect((await skerry(node.dataDir, "publish", moving)).code).toBe(0);
      const { link } = await siteOf(moving);
      const { port } = new URL(node.gateway);
      for (
        const [typed, there] of [
          [`${site.link}/ascii.txt`, `http://${site.link}.${GATEWAY_HOST}:${port}/ascii.txt`],
          [`/file/${link}/away`, `${node.gateway}/robots.txt`],
        ] as const
      ) {
        await browser.open(`http://${GATEWAY_HOST}:${port}/`);
        await browser.press("Tab");
        await browser.type(typed);
        await browser.loaded(() => browser.press("Enter"));
        expect(await browser.value("location.href")).toBe(there);
      }
    }, SLOW);

    test("the home page reads well dark and light, wide and narrow, and by keyboard", async () => {
      for (const path of ["/", "/open?link=x"]) {
        await browser.open(node.gateway + path);
        for (const [scheme, width] of LOOKS) {
          await browser.prefer(scheme);
          await browser.resize(width);
          expect(await pageReport(browser)).toEqual({ ...GOOD_PAGE, scheme, headings: "1 2 2" });
          await browser.picture(`home${path.length}-${scheme}`);
        }
        const stops = await tabStops(browser);
        expect(stops.map(({ name }) => name)).toEqual(["link", "Open", "verify.js"]);
        expect(stops.every(({ shows }) => shows)).toBe(true);
      }
    }, SLOW);

    test("so do listings and errors", async () => {
      for (const [path, status] of [["ą/", 200], ["nope.txt", 404]] as const) {
        const url = `${node.gateway}/file/${site.link}/${path}`;
        expect((await fetch(url)).status).toBe(status);
        await browser.open(url);
        for (const [scheme, width] of LOOKS) {
          await browser.prefer(scheme);
          await browser.resize(width);
          expect(await pageReport(browser)).toEqual({ ...GOOD_PAGE, scheme, headings: "1" });
          await browser.picture(`status-${status}-${scheme}`);
        }
      }
    }, SLOW);

    describe("the admin page", () => {
      const dropped = "dropped on the page\n".repeat(10_000);

      beforeAll(async () => {
        const { adminToken } = JSON.parse(readFileSync(join(node.dataDir, "node.json"), "utf8"));
        await browser.answerLogin(adminToken);
        browser.complaints.length = 0; // what others answered on purpose with 400 and 404
      });

      test("can be read where scripts are switched off", async () => {
        await browser.send("Emulation.setScriptExecutionDisabled", { value: true });
        await browser.open(node.admin);
        expect(await browser.value("document.body.innerText")).toContain(node.uri);
        expect(await browser.value("document.querySelector('.ring svg').clientWidth > 100"))
          .toBe(true);
        expect(await browser.value("document.body.innerText")).not.toContain("Drop files");
        expect(await pageReport(browser)).toMatchObject({ ...GOOD_PAGE, headings: "1 2 2 2" });
        await browser.send("Emulation.setScriptExecutionDisabled", { value: false });
      }, SLOW);

      test("publishes what is dropped on it, and the gateway has it", async () => {
        writeFileSync(join(folder.path, "dropped.txt"), dropped);
        await browser.open(node.admin);
        await browser.drop("#drop", [join(folder.path, "dropped.txt"), folder.path]);
        await browser.until("document.querySelector('#published a')");
        expect(await browser.value("document.querySelector('#published').innerText"))
          .toContain("is a folder");
        const link = await browser.value<string>("document.querySelector('#published a').href");
        expect(link.startsWith(`${node.gateway}/file/`)).toBe(true);
        expect(await (await fetch(link)).text()).toBe(dropped);
      }, SLOW);

      test("does not send what the store has no room for", async () => {
        const huge = join(folder.path, "huge.bin");
        writeFileSync(huge, "");
        truncateSync(huge, 2 ** 43); // takes no room on the disk
        await browser.until("document.querySelector('#stored-told').innerText.includes(' of ')");
        await browser.drop("#drop", [huge]);
        await browser.until("document.querySelector('#published').innerText.includes('room for')");
        expect(await browser.value("document.querySelector('#published li').innerText"))
          .toStartWith("huge.bin: has 8.00 TiB, the store has room for ");
      }, SLOW);

      test("keeps itself up to date and draws, dark and light, wide and narrow", async () => {
        await browser.until("document.querySelector('#now').innerText.includes('Up')");
        await browser.until("!document.querySelector('#traffic-told').innerText.includes('wait')");
        await browser.until("document.querySelector('#tables').innerText.includes('published')");
        for (const [scheme, width] of LOOKS) {
          await browser.prefer(scheme);
          await browser.resize(width);
          const headings = "1 2 2 2 2 2 2";
          expect(await pageReport(browser)).toEqual({ ...GOOD_PAGE, scheme, headings });
          await browser.picture(`admin-${scheme}`);
        }
        const stops = await tabStops(browser);
        expect(stops.map(({ name }) => name))
          .toEqual(["files", expect.stringContaining("/file/"), "traced", "Trace"]);
        expect(stops.every(({ shows }) => shows)).toBe(true);
        expect(await browser.value("document.querySelector('main').dataset.key")).toBeUndefined();
        expect(browser.complaints).toEqual([]);
      }, SLOW);

      test("shows a lookup as a picture, by keyboard and with scripts switched off", async () => {
        await browser.send("Emulation.setScriptExecutionDisabled", { value: true });
        await browser.open(node.admin);
        await browser.value("document.querySelector('#traced').focus()");
        await browser.type(`${node.gateway}/file/${site.link}/`);
        await browser.loaded(() => browser.press("Enter"));
        await browser.send("Emulation.setScriptExecutionDisabled", { value: false });
        expect(await browser.value("document.querySelector('h2').innerText"))
          .toMatch(/^Held here, nobody else has it, known after [0-9.]+ ms$/);
        for (const [scheme, width] of LOOKS) {
          await browser.prefer(scheme);
          await browser.resize(width);
          expect(await pageReport(browser)).toEqual({ ...GOOD_PAGE, scheme, headings: "1 2" });
          await browser.picture(`trace-${scheme}`);
        }
        expect(await browser.value("document.querySelector('.trace svg').clientWidth > 500"))
          .toBe(true);
        const inks = `[...new Set([...document.querySelectorAll(".trace text")]
          .map((text) => getComputedStyle(text).fill))].join()`;
        expect(await browser.value(inks)).toBe("rgb(230, 237, 243)"); // of the dark page
      }, SLOW);
    });

    // The last, as it leaves the node with a neighbour that has gone.
    videoRow(() => ({ folder: folder.path, node, browser }));
  });
}
