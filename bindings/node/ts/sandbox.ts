import { later, native } from "./native.js";
import type { NativeSandbox } from "./native.js";

/** A Sisense deployment in memory, for tests and first steps. */
export class Sandbox {
  readonly #native: NativeSandbox;

  private constructor(sandbox: NativeSandbox) {
    this.#native = sandbox;
  }

  /** Start one on a free port. Settings are those of the sandbox, such as `{ seed: 7 }`. */
  static async start(settings: Record<string, unknown> = {}): Promise<Sandbox> {
    const text = JSON.stringify(settings);
    return new Sandbox(await later(() => native.NativeSandbox.start(text)));
  }

  /** Where it listens. */
  get url(): string {
    return this.#native.url;
  }

  /** The token of its first admin. */
  get token(): string {
    return this.#native.token;
  }

  /** Stop it. Stopping twice is no error. */
  async stop(): Promise<void> {
    await later(() => this.#native.stop());
  }
}
