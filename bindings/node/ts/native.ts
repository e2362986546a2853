import { createRequire } from "node:module";

import { rebuilt } from "./errors.js";

/** What the addon gives. */
export interface Native {
  NativeClient: {
    open(options: ClientOptions): NativeClient;
    fromEnv(): NativeClient;
  };
  NativeSandbox: { start(settings: string): Promise<NativeSandbox> };
  operations(): string;
  runs(journal: string): Promise<string>;
  writes(id: string): boolean;
  errorKinds(): string[];
}

/** Gets events of progress as JSON. */
export type Listener = (event: string) => void;

export interface NativeClient {
  readonly name: string;
  readonly url: string;
  to(target: NativeClient): NativeClient;
  call(id: string, args: string, onProgress?: Listener): Promise<string>;
  preview(id: string, args: string): Promise<NativePreview>;
  resume(journal: string, run?: string, onProgress?: Listener): Promise<string>;
}

export interface NativePreview {
  readonly changes: string;
  readonly outcome: string;
  apply(onProgress?: Listener, journal?: string): Promise<string>;
}

export interface NativeSandbox {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** How to reach a deployment. */
export interface ClientOptions {
  /** Scheme, host, port and tenant prefix. A bare host means https. */
  url: string;
  /** The API token. */
  token: string;
  /** What to call the deployment; its host when left out. */
  name?: string;
  /** Whether certificates are checked. They are by default. */
  verify?: boolean;
  /** A PEM file with further certificate authorities. */
  caFile?: string;
  /** Longest time for one request, in seconds. */
  timeout?: number;
}

export const native = createRequire(import.meta.url)("../../native.node") as Native;

/** Run something native; what it throws becomes an error of this package. */
export function now<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw rebuilt(thrown);
  }
}

/** Wait for something native; what it rejects with becomes an error of this package. */
export async function later<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw rebuilt(thrown);
  }
}
