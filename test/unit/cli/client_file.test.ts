import { loadClients, watchClients } from "../../../src/cli/client_file.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

const PATH = "/clients";
const LINE = `alice ${"ab".repeat(32)} 10GiB\n`;

async function put(fixture: CliFixture, text: string): Promise<void> {
  await fixture.files.replace(PATH, utf8(text));
}

test("a fault is told with flag, file and line", async () => {
  const fixture = new CliFixture();
  await expect(loadClients(PATH, fixture.doors)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  await put(fixture, `${LINE}bob 1GiB\n`);
  await expect(loadClients(PATH, fixture.doors)).rejects.toThrow(
    "--client-file /clients: line 2 needs a name",
  );
});

test("a change is taken within two seconds; what is no list changes nothing", async () => {
  const fixture = new CliFixture();
  await put(fixture, LINE);
  const taken: string[] = [];
  const lines: string[] = [];
  const logger = {
    log: (_level: string, event: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void lines.push(`${event} ${String(fields["clients"] ?? fields["message"])}`),
  };
  const loaded = await loadClients(PATH, fixture.doors);
  const use = (list: typeof loaded): void =>
    void taken.push(list.map(({ name, bytesPerDay }) => `${name} ${bytesPerDay}`).join());
  const watch = watchClients(PATH, loaded, use, fixture.doors, logger);
  const look = async (): Promise<void> => {
    for (let second = 0; second < 2; second++) {
      fixture.clock.advance(1_000);
      for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    }
  };
  await put(fixture, `# a comment is no change\n${LINE}`);
  await look();
  expect(taken).toEqual([]);
  await put(fixture, LINE.replace("10GiB", "7"));
  await look();
  await put(fixture, "half a line");
  await look();
  await look();
  expect(taken).toEqual(["alice 7"]);
  expect(lines[0]).toBe("clients 1");
  expect(lines.filter((line) => line.startsWith("clients_not_taken")).length).toBe(1);
  await watch.stop();
});
