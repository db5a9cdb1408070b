import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { scratch } from "../support/processes.ts";

const DOCKERFILE = new URL("../../docs/deploy/Dockerfile", import.meta.url).pathname;
const SLOW = { timeout: 120_000 };
const ARCH = process.arch === "arm64" ? "arm64" : "x64";

/** Builds the image from docs/deploy/Dockerfile as it is, starts what it says, asks it, stops it,
 * and tells on standard output. The base image is put together from this machine's own Debian, as
 * there may be no registry to be asked; the ports are the image's, in a network of their own.
 * $1: a folder, which holds context/dist/. $2: the Dockerfile. */
const SCRIPT = `
set -eu
cd "$1"
ip link set lo up
b() { buildah --root "$PWD/root" --runroot "$PWD/run" --storage-driver vfs "$@"; }
mkdir -p base/usr/bin
ln -s usr/bin base/bin
for tool in sh bash install ldd grep mkdir cp dirname cat; do
  cp -L "$(command -v $tool)" base/usr/bin/
  ldd "$(command -v $tool)" | grep -o '/lib[^ ]*' || true
done >libs
ldd context/dist/* | grep -o '/lib[^ ]*' >>libs
sort -u libs | while read -r lib; do mkdir -p "base$(dirname "$lib")"; cp -L "$lib" "base$lib"; done
printf 'FROM scratch\\nCOPY . /\\n' |
  b bud -q --isolation chroot -t docker.io/library/debian:12-slim -f /dev/stdin base >&2
b bud -q --isolation chroot --pull-never --format docker -f "$2" -t skerry context >&2
b inspect --type image skerry >image.json
box=$(b from --pull-never skerry)
b run --isolation chroot "$box" -- /skerry run --http 0.0.0.0:8080 --udp 0.0.0.0:4000 \\
  --serve own --network dev >out 2>log &
runner=$!
trap 'cat out log >&2' EXIT
for _ in $(seq 300); do curl -sf -o ready http://127.0.0.1:8080/readyz && break; sleep 0.1; done
echo "ready $(cat ready)"
pid=$(pgrep -f '^/skerry run')
echo "uid $(grep ^Uid /proc/$pid/status | cut -f 2-)"
echo "inside $(ls /proc/$pid/root | xargs)"
echo "data $(ls /proc/$pid/root/data | xargs)"
b run --isolation chroot "$box" -- /skerry status >&2 && echo "health ok"
kill -TERM "$pid"
code=0; wait "$runner" || code=$?
echo "exit $code"
trap - EXIT
`;

const binary = process.env["SKERRY_BINARY"] ?? "";
const NAMESPACES = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
const missing = spawnSync("buildah", ["--version"]).error !== undefined
  ? "no buildah"
  : spawnSync("unshare", [...NAMESPACES, "true"]).status !== 0
  ? "no namespaces without being root"
  : binary === ""
  ? "no executable (make test-nodes builds it)"
  : undefined;

if (missing !== undefined) console.warn(`${missing}: the image is not built`);
else {
  describe("the image of docs/deploy/Dockerfile", () => {
    const folder = scratch("image");
    let said = new Map<string, string>();

    beforeAll(() => {
      mkdirSync(join(folder.path, "context/dist"), { recursive: true });
      copyFileSync(binary, join(folder.path, `context/dist/skerry-linux-${ARCH}`));
      const args = [...NAMESPACES, "bash", "-c", SCRIPT, "image", folder.path, DOCKERFILE];
      const { stdout, stderr, status } = spawnSync("unshare", args, {
        encoding: "utf8",
        timeout: SLOW.timeout,
      });
      if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
      said = new Map(
        stdout.trim().split("\n").map((line) => {
          const [word = "", ...rest] = line.split(" ");
          return [word, rest.join(" ")];
        }),
      );
    }, SLOW);
    afterAll(() => folder.remove());

    test("it builds, and says what the file says", () => {
      const image = JSON.parse(readFileSync(join(folder.path, "image.json"), "utf8"));
      expect(image.Docker.config).toMatchObject({
        User: "65532:65532",
        Entrypoint: ["/skerry"],
        Cmd: ["run", "--http", "0.0.0.0:8080", "--udp", "0.0.0.0:4000", "--serve", "own"],
        Healthcheck: { Test: ["CMD", "/skerry", "status"] },
        Volumes: { "/data": {} },
        ExposedPorts: { "8080/tcp": {}, "4000/udp": {} },
      });
    });

    test("its node starts as nobody in particular, answers, is healthy and stops", () => {
      expect(said.get("ready")).toBe("ready");
      expect(said.get("uid")).toBe(Array(4).fill("65532").join("\t"));
      expect(said.get("data")?.split(" ")).toContain("identity.json");
      expect([said.get("health"), said.get("exit")]).toEqual(["ok", "0"]);
    });

    test("nothing is in it but the executable, its libraries and room for its data", () => {
      const runtimes = ["dev", "etc", "proc", "run", "sys"]; // what the one that starts it makes
      const inside = (said.get("inside") ?? "").split(" ");
      expect(inside.filter((name) => !runtimes.includes(name)).sort())
        .toEqual(["data", "lib", "lib64", "skerry", "tmp"]);
    });
  });
}
