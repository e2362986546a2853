import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";

import { Client, ConflictError, NotFoundError, Sandbox, runs } from "../ts/index.js";

const MIGRATE = `
const [index, from, fromToken, to, toToken, journal] = process.argv.slice(1);
const { Client } = await import(index);
const source = new Client({ url: from, token: fromToken, name: "source" });
const target = new Client({ url: to, token: toToken, name: "target" });
await source.migration(target).migrateAllDashboards(
  { batch_size: 1 },
  { approve: () => true, onProgress: (event) => console.log(event.message), journal },
);
`;

/** So many that a run is still at them when it is killed. */
const DASHBOARDS = 200;

describe("a call whose process was killed", () => {
  let source: Sandbox;
  let target: Sandbox;
  let folder: string;

  before(async () => {
    const sizes = { users: 2, dashboards: DASHBOARDS, models: 1 };
    source = await Sandbox.start({ name: "source", story: false, sizes });
    target = await Sandbox.start({ name: "target", story: false, latency_ms: 20 });
    folder = await mkdtemp(join(tmpdir(), "journal-"));
  });

  after(async () => {
    await source.stop();
    await target.stop();
    await rm(folder, { recursive: true });
  });

  /** Migrate in another process, and kill it in the middle. */
  async function brokenOff(journal: string): Promise<void> {
    const index = new URL("../ts/index.js", import.meta.url).href;
    const places = [index, source.url, source.token, target.url, target.token, journal];
    const args = ["--input-type=module", "-e", MIGRATE, ...places];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let lines = 0;
    for await (const line of createInterface(child.stdout)) {
      assert.ok(line);
      lines += 1;
      if (lines === 3) child.kill("SIGKILL");
    }
    assert.ok(lines >= 3, "it ended before it could be killed");
  }

  test("is resumed by another", async () => {
    const journal = join(folder, "runs.db");
    await assert.rejects(runs(journal), NotFoundError);
    await brokenOff(journal);
    const [run] = await runs(journal);
    assert.ok(run);
    assert.deepEqual([run.state, run.deployment, run.target], ["interrupted", "source", "target"]);
    assert.ok(run.writes.approved === DASHBOARDS && run.writes.done < DASHBOARDS);
    const here = new Client({ url: source.url, token: source.token, name: "source" });
    const there = new Client({ url: target.url, token: target.token, name: "target" });
    const options = { target: there };
    const done = await here.resume<{ complete: boolean; created: number }>(journal, options);
    assert.deepEqual([done.complete, done.created], [true, DASHBOARDS]);
    assert.equal((await there.dashboard.getAllDashboards()).length, DASHBOARDS);
    const [ended] = await runs(journal);
    assert.deepEqual([ended?.state, ended?.writes.done], ["done", DASHBOARDS]);
    await assert.rejects(here.resume(journal, options), NotFoundError);
    await assert.rejects(here.resume(journal, { ...options, run: run.id }), ConflictError);
  });
});
