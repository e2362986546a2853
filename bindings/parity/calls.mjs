// Makes the calls that it reads from its input, and prints the answers.

import { readFileSync } from "node:fs";

import { Client, SisenseError, missing } from "../node/dist/ts/index.js";

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function made(client, call) {
  const options = "approve" in call ? { approve: async () => call.approve } : undefined;
  if (call.by_id) return client.call(call.operation, call.args, options);
  const [domain, name] = call.operation.split(".").map(camel);
  const method = client[domain][name];
  // A method without arguments takes the options first.
  const withParams = Object.keys(call.args).length > 0;
  return withParams ? method.call(client[domain], call.args, options) : method.call(client[domain]);
}

async function answer(client, call) {
  try {
    const result = await made(client, call);
    return { result, missing: missing(result) };
  } catch (error) {
    if (!(error instanceof SisenseError)) throw error;
    const { kind, operation, asset, endpoint, status, candidates, nextStep } = error;
    const none = (value) => value ?? null;
    return {
      error: {
        kind,
        message: error.plain,
        operation: none(operation),
        asset: none(asset),
        endpoint: none(endpoint),
        status: none(status),
        candidates,
        next_step: none(nextStep),
      },
      changes: error.changes ?? [],
    };
  }
}

const given = JSON.parse(readFileSync(0, "utf8"));
const client = new Client({ url: given.url, token: given.token });
const answers = [];
for (const call of given.calls) answers.push(await answer(client, call));
process.stdout.write(JSON.stringify(answers));
