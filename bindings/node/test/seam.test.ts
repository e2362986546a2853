import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";

import * as sisense from "../ts/index.js";
import { Client, Sandbox, missing } from "../ts/index.js";
import type { access } from "../ts/index.js";
import { errorClasses, rebuilt } from "../ts/errors.js";
import { native } from "../ts/native.js";
import { decoded } from "../ts/result.js";

let sandbox: Sandbox;
let client: Client;

before(async () => {
  sandbox = await Sandbox.start();
  client = new Client({ url: sandbox.url, token: sandbox.token, name: "sandbox" });
});

after(async () => {
  await sandbox.stop();
});

/** The error that something rejects with. */
async function thrown<E>(kind: new (...args: never[]) => E, work: () => Promise<unknown>): Promise<E> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof kind, `${String(error)} is no ${kind.name}`);
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

describe("values", () => {
  test("cross unchanged", async () => {
    const user: access.User = await client.access.getUser({ user_name: "deniz.yilmaz@acme.example" });
    assert.equal(user.last_name, "Yılmaz");
    assert.equal(user.is_active, true);
    assert.ok(Array.isArray(user.groups));
    assert.deepEqual(missing(user), []);
    assert.ok(Array.isArray(await client.dashboard.getAllDashboards()));
  });

  test("every name of an operation works", async () => {
    const args = { user_name: "ada.admin@acme.example" };
    const whole = await client.access.getUser(args);
    for (const name of ["access.get_user", "access_get_user", "access_management.get_user"]) {
      assert.deepEqual(await client.call(name, args), whole);
    }
  });

  test("undefined and null are not sent", async () => {
    const args = { user_name: "ada.admin@acme.example", who: undefined, what: null };
    const user = await client.call<access.User>("access.get_user", args);
    assert.equal(user.email, "ada.admin@acme.example");
  });

  test("a part is never shown as the whole", async () => {
    const lost = [{ what: 'dashboard "Pipeline"', error: { kind: "forbidden", message: "no" } }];
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const result = decoded<{ a: number }>(JSON.stringify({ result: { a: 1 }, missing: lost }));
    assert.deepEqual(result, { a: 1 });
    assert.deepEqual(missing(result), lost);
    assert.match((await warned).message, /Pipeline/);
  });
});

describe("errors", () => {
  test("every kind has its class", () => {
    assert.deepEqual(Object.keys(errorClasses).sort(), native.errorKinds().sort());
    for (const [kind, known] of Object.entries(errorClasses)) {
      const error = rebuilt(new Error(JSON.stringify({ kind, message: "m", text: "t" })));
      assert.ok(error instanceof known && error instanceof sisense.SisenseError);
      assert.deepEqual([error.kind, error.name, error.message], [kind, known.name, "t"]);
    }
    const odd = rebuilt(new Error('{"kind": "constructor", "message": "m"}'));
    assert.ok(odd instanceof sisense.SisenseError);
    const plain = new Error("no report");
    assert.equal(rebuilt(plain), plain);
  });

  test("tell their parts", async () => {
    const error = await thrown(sisense.NotFoundError, () =>
      client.access.getUser({ user_name: "ada.admim@acme.example" }),
    );
    assert.equal(error.operation, "access.get_user");
    assert.ok(error.candidates.includes("ada.admin@acme.example"));
    assert.ok(error.nextStep);
  });

  test("a bad token is unauthenticated", async () => {
    const other = new Client({ url: sandbox.url, token: "wrong-token" });
    const error = await thrown(sisense.UnauthenticatedError, () =>
      other.access.getUser({ user_name: "x@y" }),
    );
    assert.equal(error.status, 401);
    assert.ok(error.endpoint?.startsWith("GET "));
    assert.ok(!error.message.includes("wrong-token"));
  });

  test("arguments that do not fit are refused", async () => {
    for (const args of [{}, { user_name: 1 }, { user_name: "a", who: "b" }, { user_name: NaN }, { user_name: 1n }]) {
      const error = await thrown(sisense.InvalidInputError, () =>
        client.call("access.get_user", args),
      );
      assert.equal(error.operation, "access.get_user");
    }
    const unknown = await thrown(sisense.InvalidInputError, () => client.call("access.get_usr"));
    assert.ok(unknown.candidates.includes("access.get_user"));
  });

  test("bad settings are told", async () => {
    for (const url of ["", "ftp://x", "https://user:hunter2@host"]) {
      assert.throws(
        () => new Client({ url, token: "t" }),
        (error: unknown) =>
          error instanceof sisense.ConfigError && !error.message.includes("hunter2"),
      );
    }
    await thrown(sisense.ConfigError, () => Sandbox.start({ sise: 1 }));
  });

  test("a stopped sandbox answers nobody", async () => {
    const other = await Sandbox.start();
    await other.stop();
    await other.stop();
    const lonely = new Client({ url: other.url, token: other.token, timeout: 0.5 });
    const error = await thrown(sisense.SisenseError, () => lonely.dashboard.getAllDashboards());
    assert.ok(["connect", "timeout"].includes(error.kind));
  });
});

describe("the client", () => {
  test("never shows its token", () => {
    for (const shown of [inspect(client, { depth: 9 }), JSON.stringify(client), inspect(sandbox)]) {
      assert.ok(!shown.includes(sandbox.token));
    }
    assert.deepEqual(JSON.parse(JSON.stringify(client)), { name: "sandbox", url: client.url });
  });

  test("makes calls side by side", async () => {
    const emails = ["ada.admin@acme.example", "vera.viewer@acme.example"];
    const users = await Promise.all(emails.map((user_name) => client.access.getUser({ user_name })));
    assert.deepEqual(users.map((user) => user.email), emails);
  });

  test("tells how far it has come", async () => {
    const events: sisense.Progress[] = [];
    const onProgress = (event: sisense.Progress) => void events.push(event);
    await client.access.getUnusedColumnsBulk({ datamodels: ["*"] }, { onProgress });
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(events.length > 0);
    assert.ok(events.every((event) => event.operation === "access.get_unused_columns_bulk"));
  });

  test("has a method for every operation", () => {
    const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    for (const { id, scope } of JSON.parse(native.operations()) as { id: string; scope: string }[]) {
      const [domain, name] = id.split(".") as [string, string];
      const found = (client as unknown as Record<string, unknown>)[camel(domain)];
      const handler = scope === "source-target" ? (found as (t: Client) => unknown).call(client, client) : found;
      assert.equal(typeof (handler as Record<string, unknown>)[camel(name)], "function", id);
    }
  });
});
