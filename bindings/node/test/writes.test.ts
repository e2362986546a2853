import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { Client, DriftedError, NotApprovedError, Sandbox } from "../ts/index.js";
import type { Change } from "../ts/index.js";

const SCRIPT = "// zoë: ½\nwidget.on('ready', () => {});";

describe("nothing changes unless somebody said yes to exactly that", () => {
  let sandbox: Sandbox;
  let client: Client;
  let args: { dashboard_id: string; script: string };

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    client = new Client({ url: sandbox.url, token: sandbox.token });
    const [first] = await client.dashboard.getAllDashboards();
    assert.ok(first);
    args = { dashboard_id: first.dashboard_id, script: SCRIPT };
  });

  afterEach(async () => {
    await sandbox.stop();
  });

  async function hasScript(): Promise<boolean> {
    const { dashboard_id } = args;
    return (await client.dashboard.getDashboardById({ dashboard_id })).has_script;
  }

  async function refused(work: Promise<unknown>): Promise<NotApprovedError> {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof NotApprovedError, String(error));
    assert.equal(error.kind, "not_approved");
    return error;
  }

  test("without approve the changes are shown", async () => {
    const error = await refused(client.dashboard.addDashboardScript(args));
    const [change] = error.changes;
    assert.ok(change?.summary && change.asset.name && change.risk);
    assert.match(error.message, /give `approve`/);
    assert.equal(await hasScript(), false);
  });

  test("anything but true is a no", async () => {
    for (const answer of [false, undefined, 1, "yes"]) {
      const approve = () => answer as boolean;
      const error = await refused(client.dashboard.addDashboardScript(args, { approve }));
      assert.ok(error.changes.length > 0);
    }
    const approve = () => Promise.reject(new RangeError("asked nobody"));
    await assert.rejects(client.dashboard.addDashboardScript(args, { approve }), RangeError);
    assert.equal(await hasScript(), false);
  });

  test("a yes makes exactly those changes, and a second time none", async () => {
    const shown: Change[][] = [];
    const approve = async (changes: Change[]) => {
      shown.push(changes);
      return true;
    };
    const result = await client.dashboard.addDashboardScript(args, { approve });
    assert.equal(result.dashboard_id, args.dashboard_id);
    assert.equal(shown.length, 1);
    assert.equal(await hasScript(), true);
    await client.call("dashboard.add_dashboard_script", args);
  });

  test("a preview is applied once, and not when the asset drifted", async () => {
    const id = "dashboard.add_dashboard_script";
    const preview = await client.preview(id, args);
    const late = await client.preview(id, { ...args, script: "// late" });
    assert.equal(await hasScript(), false);
    await preview.apply();
    assert.equal(await hasScript(), true);
    await refused(preview.apply());
    await assert.rejects(
      late.apply(),
      (error: unknown) => error instanceof DriftedError || error instanceof NotApprovedError,
    );
  });
});
