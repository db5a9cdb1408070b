import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

/** A real browser, driven over the DevTools protocol. */

/** The command of the Chromium that is installed; undefined if there is none. */
export const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find((name) =>
  spawnSync(name, ["--version"]).status === 0
);

export const CHROMIUM_FLAGS: readonly string[] = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  ...["--no-first-run", "--disable-extensions", "--disable-background-networking"],
];

type Params = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

/** The head of an answer, fields by lower-case name. */
export interface SeenAnswer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const STARTED_MS = 20_000;
const WAIT_MS = 10_000;

/** One tab of one browser. Bun only. */
export class Chromium {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #session: string | undefined;
  #lastId = 0;
  #loads = 0;
  #password = "";
  /** What pages complained of: errors of scripts, and what their policy kept out. */
  readonly complaints: string[] = [];
  /** What servers answered to pages so far, by the browser's own account. */
  readonly answers: SeenAnswer[] = [];

  private constructor(child: ChildProcess, socket: WebSocket) {
    this.#child = child;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as Message);
  }

  static async start(profileDir: string): Promise<Chromium> {
    const flags = ["--remote-debugging-port=0", `--user-data-dir=${profileDir}`];
    const child = spawn(CHROMIUM ?? "", [...CHROMIUM_FLAGS, ...flags, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let log = "";
      const timer = setTimeout(() => reject(new Error(`chromium: ${log}`)), STARTED_MS);
      child.stderr.on("data", (bytes) => {
        log += String(bytes);
        const found = /DevTools listening on (ws:\S+)/.exec(log)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("no DevTools socket"));
    });
    const browser = new Chromium(child, socket);
    await browser.#attach();
    return browser;
  }

  async #attach(): Promise<void> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const session = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = String(session["sessionId"]);
    for (const domain of ["Page", "Runtime", "Log", "DOM", "Network"]) {
      await this.send(`${domain}.enable`);
    }
  }

  /** One command of the DevTools protocol. */
  async send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.#lastId;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #take({ id, method, params = {}, ...rest }: Message): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(rest);
      this.#waiting.delete(id);
    } else if (method === "Page.loadEventFired") {
      this.#loads += 1;
    } else if (method === "Runtime.exceptionThrown") {
      this.complaints.push(JSON.stringify(params["exceptionDetails"]));
    } else if (method === "Log.entryAdded") {
      const { level, text } = params["entry"] as { level: string; text: string };
      if (level === "error") this.complaints.push(text);
    } else if (method === "Network.responseReceived") {
      const { url, status, headers } = params["response"] as SeenAnswer;
      const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
      this.answers.push({ url, status, headers: Object.fromEntries(fields) });
    } else if (method === "Fetch.requestPaused") {
      const { requestId } = params;
      // Refused if the page has called the request off meanwhile, as a film does when one seeks.
      this.send("Fetch.continueRequest", { requestId }).catch(() => {});
    } else if (method === "Fetch.authRequired") {
      const answer = { username: "me", password: this.#password, response: "ProvideCredentials" };
      const { requestId } = params;
      void this.send("Fetch.continueWithAuth", { requestId, authChallengeResponse: answer });
    }
  }

  /** Gives this password to whoever asks for one. */
  async answerLogin(password: string): Promise<void> {
    this.#password = password;
    await this.send("Fetch.enable", { handleAuthRequests: true });
  }

  /** Opens `url` and waits until it has loaded. */
  async open(url: string): Promise<void> {
    await this.loaded(async () => void await this.send("Page.navigate", { url }));
  }

  /** Does `deed` and waits for the page that it leads to. */
  async loaded(deed: () => Promise<void>): Promise<void> {
    const before = this.#loads;
    await deed();
    await waitUntil(() => Promise.resolve(this.#loads > before), "a page to load");
  }

  /** The value of an expression in the page, also where the page's own scripts are switched off. */
  async value<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", options);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Waits until an expression in the page holds. */
  async until(expression: string): Promise<void> {
    await waitUntil(() => this.value<boolean>(`Boolean(${expression})`), expression);
  }

  /** Presses and releases a key, as "Tab" or "Enter". */
  async press(key: string): Promise<void> {
    const code = { Tab: 9, Enter: 13, " ": 32 }[key];
    const text = { Enter: "\r", " ": " " }[key];
    const event = { key, code: key, windowsVirtualKeyCode: code, ...(text && { text }) };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Types into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  /** Drops files and folders of this machine on what `selector` names. */
  async drop(selector: string, files: readonly string[]): Promise<void> {
    const at = await this.value<{ x: number; y: number }>(`(() => {
      const zone = document.querySelector(${JSON.stringify(selector)});
      zone.scrollIntoView({ block: "center" });
      const { x, y, width, height } = zone.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await this.send("Input.dispatchDragEvent", { type, ...at, data });
    }
  }

  /** As the reader chose it: dark or light. */
  async prefer(scheme: "dark" | "light"): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** The window's inner width, CSS pixels; waits until the page has taken it in. */
  async resize(width: number): Promise<void> {
    const size = { width, height: 800, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", size);
    await this.value(
      "new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))",
    );
  }

  /** Writes `<name>.png` of the whole page into the folder that PICTURES names, if it does. */
  async picture(name: string): Promise<void> {
    const folder = process.env["PICTURES"];
    if (folder === undefined) return;
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(`${folder}/${name}.png`, Buffer.from(String(data), "base64"));
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#socket.close();
    this.#child.kill("SIGKILL");
    await exited;
  }
}

async function waitUntil(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
