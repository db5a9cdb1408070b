/** What the operator's browser runs as `/page.js` on the page of the admin API: it keeps what is
 * shown up to date, draws what changes over time, and publishes files that are dropped on it. The
 * page can be read without it. Built into src/admin/dashboard_js.ts. Invariants: at most one
 * question a second and none while nobody looks; only what the node drew becomes markup. */
import type UPlot from "uplot";
import type { AdminLive } from "../admin/mod.ts";
import { History } from "./history.ts";
import { type Ink, PLOT_HEIGHT, storePlot, trafficPlot } from "./plots.ts";
import { Poller } from "./poller.ts";
import { outcomeOf } from "./publish_lines.ts";
import { PublishQueue, QUEUE_MAX } from "./publish_queue.ts";
import { tooLarge } from "./room.ts";
import { sizeText } from "./size_text.ts";

const ANSWER_MS = 5000;
/** Publications shown; older ones are in the store's table or in nobody's memory. */
const SHOWN_MAX = 100;

const Plot = (globalThis as unknown as { uPlot: typeof UPlot }).uPlot;

function part(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

function start(main: HTMLElement): void {
  const { key = "", gateway } = main.dataset;
  // Who saves the page or copies its source should not pass the key on.
  main.removeAttribute("data-key");
  part("scripted").hidden = false;
  watch(key);
  takeFiles(key, gateway);
}

/** Keeps the page up to date. */
function watch(key: string): void {
  const history = new History();
  const ink: Ink = (property) =>
    getComputedStyle(document.documentElement).getPropertyValue(property).trim();
  const [trafficAt, storeAt] = [part("traffic"), part("stored")];
  const now = [Date.now() / 1000];
  const traffic = new Plot(
    trafficPlot(trafficAt.clientWidth, ink),
    [now, [null], [null]],
    trafficAt,
  );
  const store = new Plot(storePlot(storeAt.clientWidth, ink), [now, [null]], storeAt);
  new ResizeObserver(() => {
    traffic.setSize({ width: trafficAt.clientWidth, height: PLOT_HEIGHT });
    store.setSize({ width: storeAt.clientWidth, height: PLOT_HEIGHT });
  }).observe(trafficAt);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    traffic.redraw();
    store.redraw();
  });
  const ask = async (): Promise<void> => {
    const live = await loadLive(key);
    roomBytes = live.roomBytes;
    history.push({ ...live, atSeconds: Date.now() / 1000 });
    show(live);
    const columns = history.traffic();
    if (columns[0].length > 0) traffic.setData(columns); // the first sample alone is no rate
    store.setData(history.store());
    const [sent, received] = [columns[1].at(-1) ?? 0, columns[2].at(-1) ?? 0];
    part("traffic-told").textContent = `sent ${sizeText(sent)}/s, ` +
      `received ${sizeText(received)}/s (dashed)`;
    const [held, quota] = [sizeText(live.storeBytes), sizeText(live.quotaBytes)];
    part("stored-told").textContent = `${held} of ${quota}`;
  };
  const poller = new Poller({
    ask,
    tell,
    isHidden: () => document.hidden,
    schedule(ms, deed) {
      const timer = setTimeout(deed, ms);
      return () => clearTimeout(timer);
    },
  });
  document.addEventListener("visibilitychange", () => poller.handleVisibility());
  poller.start();
}

async function loadLive(key: string): Promise<AdminLive> {
  // From the origin: a page that was opened with its password in the address may fetch nothing
  // relative to that.
  const response = await fetch(new URL("/v1/live", location.origin), {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!response.ok) throw new Error(`the node answers ${response.status}`);
  return await response.json() as AdminLive;
}

/** Says that there is trouble, or that it is over. */
function tell(error: unknown): void {
  const trouble = part("trouble");
  trouble.hidden = error === undefined;
  if (error === undefined) return;
  const why = error instanceof Error ? error.message : String(error);
  trouble.textContent =
    `What you see is old: ${why}. If the node was started anew, load its page ` +
    "anew.";
}

/** As the node told it last. */
let roomBytes: number | undefined;

/** Puts in what has changed, unless somebody is marking text in it. */
function show(live: AdminLive): void {
  for (const [id, html] of [["now", live.now], ["tables", live.tables]] as const) {
    const element = part(id);
    const marked = getSelection();
    const isMarked = marked?.isCollapsed === false && marked.containsNode(element, true);
    // By what was put in last: a browser spells markup its own way.
    if (isMarked || shown.get(id) === html) continue;
    element.innerHTML = html;
    shown.set(id, html);
  }
}
const shown = new Map<string, string>();

/** Publishes what is dropped or chosen, one file after the other. */
function takeFiles(key: string, gateway: string | undefined): void {
  const [drop, input] = [part("drop"), part("files") as HTMLInputElement];
  const queue = new PublishQueue<readonly [File, HTMLElement]>(
    ([file, row]) => upload(file, row, key, gateway),
  );
  const take = (files: readonly File[]): void => {
    const rows = files.map((file) => [file, addRow(`${file.name}: waiting`)] as const);
    for (const [file, row] of rows.slice(queue.add(rows))) {
      refuse(row, `${file.name}: not taken, as ${QUEUE_MAX} files wait already.`);
    }
  };
  input.addEventListener("change", () => {
    take([...input.files ?? []]);
    input.value = "";
  });
  // The whole page takes drops, so that one beside the zone does not open the file instead.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(droppedFiles(event.dataTransfer));
  });
}

/** The files of a drop; a folder gets its refusal. */
function droppedFiles(dropped: DataTransfer | null): File[] {
  const files: File[] = [];
  for (const item of dropped?.items ?? []) {
    const file = item.getAsFile();
    if (file === null) continue;
    if (item.webkitGetAsEntry()?.isDirectory !== true) files.push(file);
    else refuse(addRow(""), `${file.name} is a folder: publish it with "skerry publish".`);
  }
  return files;
}

function addRow(text: string): HTMLElement {
  const row = document.createElement("li");
  row.textContent = text;
  const list = part("published");
  list.prepend(row);
  while (list.children.length > SHOWN_MAX) list.lastElementChild?.remove();
  return row;
}

function refuse(row: HTMLElement, text: string): void {
  row.textContent = text;
  row.className = "wrong";
}

/** Sends one file and shows how it goes. XMLHttpRequest, for fetch tells nothing of an upload. */
function upload(
  file: File,
  row: HTMLElement,
  key: string,
  gateway: string | undefined,
): Promise<void> {
  const refusal = tooLarge(file, roomBytes);
  if (refusal !== undefined) {
    refuse(row, refusal);
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", `Publishing ${file.name}`);
    const told = document.createElement("p");
    told.textContent = `${file.name}: sending`;
    row.replaceChildren(told, bar);
    row.ariaBusy = "true"; // a screen reader says what came of it, not each step
    const request = new XMLHttpRequest();
    request.open("POST", `${location.origin}/v1/publish?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("authorization", `Bearer ${key}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-skerry-admin", "1");
    request.upload.onprogress = ({ loaded, total }) => {
      bar.max = Math.max(total, 1);
      bar.value = loaded;
      told.textContent = `${file.name}: ${sizeText(loaded)} of ${sizeText(total)} sent`;
    };
    request.upload.onload = () => {
      bar.removeAttribute("value");
      told.textContent = `${file.name}: sent; the node stores and announces it`;
    };
    request.onloadend = () => {
      const outcome = request.status === 0
        ? { kind: "error", detail: "the connection to the node broke off." } as const
        : outcomeOf(request.status, request.responseText);
      if (outcome.kind === "error") refuse(row, `${file.name}: ${outcome.detail}`);
      else row.replaceChildren(...publishedRow(file.name, outcome, gateway));
      row.ariaBusy = null;
      resolve();
    };
    request.send(file);
  });
}

function publishedRow(
  name: string,
  { link, size, holders }: { link: string; size: number; holders: number },
  gateway: string | undefined,
): Node[] {
  const told = document.createElement("p");
  const holdersText = holders === 0
    ? "no other node has heard of it yet"
    : `${holders} other ${holders === 1 ? "node holds" : "nodes hold"} its record`;
  told.textContent = `${name}: ${sizeText(size)}, published; ${holdersText}.`;
  const place = document.createElement(gateway === undefined ? "span" : "a");
  place.className = "id";
  place.textContent = gateway === undefined ? link : `${gateway}/file/${link}`;
  if (place instanceof HTMLAnchorElement) place.href = place.textContent;
  return [told, place];
}

const main = document.querySelector("main");
if (main !== null) start(main);
