/** A typed client for the Sisense REST API in which no change is made unseen. */

export type {
  ApplyOptions,
  Approve,
  Progress,
  ReadOptions,
  Run,
  WriteOptions,
} from "./caller.js";
export type { Change } from "./change.js";
export { Client, Preview, runs } from "./client.js";
export type { ResumeOptions } from "./client.js";
export * from "./domains/index.js";
export * from "./errors.js";
export type { ClientOptions } from "./native.js";
export { missing } from "./result.js";
export type { Missing } from "./result.js";
export { Sandbox } from "./sandbox.js";
