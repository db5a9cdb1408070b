import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNoise } from "../support/fixture_files.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { type NodeProcess, runCommand, scratch, skerry, startNode } from "../support/processes.ts";

const SLOW = { timeout: 60_000 };
const BYTES = 6 * 2 ** 20 + 1;
const NAME = "skerry-demo";

/** Programs that people fetch with, pointed at what a node publishes. */
describe("download tools and package managers", () => {
  const folder = scratch("clients");
  const at = (...names: string[]): string => join(folder.path, ...names);
  let node: NodeProcess;
  let fileUrl = "";

  const publish = async (path: string): Promise<string> => {
    const { stdout, stderr, code } = await skerry(node.dataDir, "publish", path, "--json");
    if (code !== 0) throw new Error(stderr);
    return `${node.gateway}/file/${JSON.parse(stdout).items[0].link}`;
  };

  beforeAll(async () => {
    node = await startNode({ name: "node", dataDir: at("node") });
    writeNoise(at("file"), BYTES, 77);
    fileUrl = await publish(at("file"));
  }, SLOW);
  afterAll(async () => {
    await node.stop();
    folder.remove();
  }, SLOW);

  async function run(...command: string[]): Promise<void> {
    const env = { no_proxy: "127.0.0.1", NO_PROXY: "127.0.0.1", HOME: folder.path };
    const { code, stdout, stderr } = await runCommand(command, { env });
    if (code !== 0) throw new Error(`${command.join(" ")} (${code}): ${stdout}${stderr}`);
  }

  function withTool(tool: string, law: string, body: () => Promise<void>): void {
    if (spawnSync(tool, ["--version"]).error !== undefined) {
      console.warn(`no ${tool}: not tried that ${law}`);
    } else {
      test(law, body, SLOW);
    }
  }

  const expectWhole = (path: string): void => {
    expect(Buffer.compare(readFileSync(path), readFileSync(at("file")))).toBe(0);
  };

  withTool("wget", "wget -c goes on where it stopped", async () => {
    const out = at("by_wget");
    await run("wget", "--quiet", "--output-document", out, fileUrl);
    expectWhole(out);
    truncateSync(out, 2 ** 20 + 17);
    await run("wget", "--quiet", "--continue", "--output-document", out, fileUrl);
    expectWhole(out);
  });

  withTool("aria2c", "aria2c fetches with eight connections at once", async () => {
    const flags = ["--quiet", "-x8", "-s8", "-k1M", "--no-conf", `--dir=${folder.path}`];
    await run("aria2c", ...flags, "--out=by_aria2c", fileUrl);
    expectWhole(at("by_aria2c"));
  });

  withTool("pip", "pip installs from an index that is a published tree", async () => {
    const page = at("index", "simple", NAME);
    mkdirSync(page, { recursive: true });
    const wheel = "skerry_demo-1.0-py3-none-any.whl";
    const info = "skerry_demo-1.0.dist-info";
    const texts = {
      "skerry_demo.py": "answer = 42\n",
      [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${NAME}\nVersion: 1.0\n`,
      [`${info}/WHEEL`]:
        "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
      [`${info}/RECORD`]: "",
    };
    const script = "import json,sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w')\n" +
      "for n,t in json.loads(sys.argv[2]).items(): z.writestr(n,t)\nz.close()";
    await run("python3", "-c", script, join(page, wheel), JSON.stringify(texts));
    writeFileSync(join(page, "index.html"), `<!DOCTYPE html><a href="${wheel}">${wheel}</a>`);
    const url = `${await publish(at("index"))}/simple/`;
    const flags = ["--no-cache-dir", "--disable-pip-version-check", "--no-deps", "--quiet"];
    await run("pip", "install", ...flags, "--index-url", url, "--target", at("by_pip"), NAME);
    expect(readFileSync(at("by_pip", "skerry_demo.py"), "utf8")).toBe("answer = 42\n");
  });

  withTool("npm", "npm installs from a registry that is a published tree", async () => {
    mkdirSync(at("pack", "package"), { recursive: true });
    const manifest = { name: NAME, version: "1.0.0" };
    writeFileSync(at("pack", "package", "package.json"), JSON.stringify(manifest));
    await run("tar", "-czf", at("demo.tgz"), "-C", at("pack"), "package");
    const tarball = await publish(at("demo.tgz"));
    const hash = createHash("sha512").update(readFileSync(at("demo.tgz"))).digest("base64");
    const dist = { tarball, integrity: `sha512-${hash}` };
    mkdirSync(at("registry"));
    writeFileSync(
      at("registry", NAME),
      JSON.stringify({
        name: NAME,
        "dist-tags": { latest: "1.0.0" },
        versions: { "1.0.0": { ...manifest, dist } },
      }),
    );
    const registry = `${await publish(at("registry"))}/`;
    mkdirSync(at("by_npm"));
    const flags = ["--no-audit", "--no-fund", "--no-update-notifier", "--cache", at("npm_cache")];
    await run("npm", "install", ...flags, "--prefix", at("by_npm"), "--registry", registry, NAME);
    const installed = at("by_npm", "node_modules", NAME, "package.json");
    expect(JSON.parse(readFileSync(installed, "utf8"))).toEqual(manifest);
  });

  withTool("dpkg-deb", "apt fetches from a repository that is a published tree", async () => {
    mkdirSync(at("deb", "DEBIAN"), { recursive: true });
    const control = `Package: ${NAME}\nVersion: 1.0\nArchitecture: all\n` +
      "Maintainer: x <x@example.org>\nDescription: x\n";
    writeFileSync(at("deb", "DEBIAN", "control"), control);
    mkdirSync(at("apt", "flat"), { recursive: true }); // `./` would be a dot segment: 400
    await run(
      "dpkg-deb",
      "--build",
      "--root-owner-group",
      at("deb"),
      at("apt", "flat", "demo.deb"),
    );
    const deb = readFileSync(at("apt", "flat", "demo.deb"));
    const sha256 = (bytes: Uint8Array | string): string =>
      createHash("sha256").update(bytes).digest("hex");
    const packages = `${control}Filename: flat/demo.deb\nSize: ${deb.length}\n` +
      `SHA256: ${sha256(deb)}\n`;
    writeFileSync(at("apt", "flat", "Packages"), packages);
    const release = `SHA256:\n ${sha256(packages)} ${packages.length} Packages\n`;
    writeFileSync(at("apt", "flat", "Release"), release);
    const url = await publish(at("apt"));
    for (const name of ["state/lists/partial", "cache/archives/partial", "etc", "by_apt"]) {
      mkdirSync(at(name), { recursive: true });
    }
    writeFileSync(at("state", "status"), "");
    writeFileSync(at("etc", "sources.list"), `deb [trusted=yes] ${url}/ flat/\n`);
    const settings = [
      `Dir::State=${at("state")}`,
      `Dir::State::status=${at("state", "status")}`,
      `Dir::Cache=${at("cache")}`,
      `Dir::Etc=${at("etc")}`,
      "APT::Sandbox::User=root",
      "Acquire::http::Proxy=DIRECT",
    ].flatMap((setting) => ["-o", setting]);
    await run("apt-get", ...settings, "-q", "update");
    await run(
      "sh",
      "-c",
      'cd "$0" && exec "$@"',
      at("by_apt"),
      "apt-get",
      ...settings,
      "-q",
      "download",
      NAME,
    );
    const fetched = readFileSync(at("by_apt", `${NAME}_1.0_all.deb`));
    expect(Buffer.compare(fetched, deb)).toBe(0);
  });
});
