import type {
  ApplyOptions,
  Caller,
  Progress,
  ReadOptions,
  Run,
  WriteOptions,
} from "./caller.js";
import type { Change } from "./change.js";
import { Domains } from "./domains/index.js";
import { InvalidInputError, NotApprovedError } from "./errors.js";
import { later, native, now } from "./native.js";
import type { ClientOptions, Listener, NativeClient, NativePreview } from "./native.js";
import { decoded } from "./result.js";

/** What an operation would change, and the answer it would give. */
export class Preview<T = unknown> {
  readonly #native: NativePreview;
  /** The changes. Empty when everything is as wished. */
  readonly changes: Change[];

  constructor(preview: NativePreview) {
    this.#native = preview;
    this.changes = JSON.parse(now(() => preview.changes)) as Change[];
  }

  /** The answer that the operation would give; new ids are placeholders. */
  get result(): T {
    return decoded<T>(now(() => this.#native.outcome));
  }

  /**
   * Make exactly these changes. A person has approved them. Works once.
   *
   * With a journal, what breaks off can be resumed: see `Client.resume`.
   */
  async apply(options?: ApplyOptions): Promise<T> {
    return decoded<T>(
      await later(() => this.#native.apply(listener(options), options?.journal)),
    );
  }
}

/** Makes the calls of one client. */
class NativeCaller implements Caller {
  constructor(readonly native: NativeClient) {}

  async read<T>(operation: string, args: object, options?: ReadOptions): Promise<T> {
    const text = encoded(operation, args);
    return decoded<T>(await later(() => this.native.call(operation, text, listener(options))));
  }

  async preview<T>(operation: string, args: object): Promise<Preview<T>> {
    const text = encoded(operation, args);
    return new Preview<T>(await later(() => this.native.preview(operation, text)));
  }

  async write<T>(operation: string, args: object, options?: WriteOptions): Promise<T> {
    const preview = await this.preview<T>(operation, args);
    if (preview.changes.length === 0) return preview.result;
    const approve = options?.approve;
    if (approve === undefined || (await approve(preview.changes)) !== true) {
      throw refused(operation, preview.changes, approve !== undefined);
    }
    return preview.apply(options);
  }

  to(target: Caller): NativeCaller {
    if (!(target instanceof NativeCaller)) throw new TypeError("the target is no client");
    return new NativeCaller(this.native.to(target.native));
  }
}

/** Options of `Client.resume`. */
export interface ResumeOptions extends ReadOptions {
  /** The id of the call, as `runs` tells it; the only open one when left out. */
  run?: string;
  /** The deployment that it brings something to, where there is one. */
  target?: Client;
}

/** A client of one deployment. */
export class Client extends Domains {
  protected readonly caller: NativeCaller;

  /** Set up a client. Sends nothing. */
  constructor(options: ClientOptions) {
    super();
    const given = Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
    ) as unknown as ClientOptions;
    this.caller = new NativeCaller(now(() => native.NativeClient.open(given)));
  }

  /** A client from `SISENSE_URL` and `SISENSE_TOKEN`. */
  static fromEnv(): Client {
    const client = Object.create(Client.prototype) as { caller: NativeCaller };
    client.caller = new NativeCaller(now(() => native.NativeClient.fromEnv()));
    return client as unknown as Client;
  }

  /** The name of the deployment. */
  get name(): string {
    return this.caller.native.name;
  }

  /** The base URL of the deployment. */
  get url(): string {
    return this.caller.native.url;
  }

  /**
   * Call an operation by its id, such as `access.get_user`.
   *
   * An operation that changes something asks `options.approve` first.
   */
  async call<T = unknown>(operation: string, args: object = {}, options?: WriteOptions): Promise<T> {
    return now(() => native.writes(operation))
      ? this.caller.write<T>(operation, args, options)
      : this.caller.read<T>(operation, args, options);
  }

  /** What an operation would change. Sends nothing but reads. */
  async preview<T = unknown>(operation: string, args: object = {}): Promise<Preview<T>> {
    return this.caller.preview<T>(operation, args);
  }

  /**
   * Go on with a call that broke off or left something undone.
   *
   * What was approved is all that may change: what is done is not done again, and what nobody saw end
   * is looked up first. The client needs the name of the one that began, and its target.
   */
  async resume<T = unknown>(journal: string, options?: ResumeOptions): Promise<T> {
    const target = options?.target;
    const { native } = target ? this.caller.to(target.caller) : this.caller;
    const told = listener(options);
    return decoded<T>(await later(() => native.resume(journal, options?.run, told)));
  }

  /** Names the deployment and never the token. */
  toJSON(): { name: string; url: string } {
    return { name: this.name, url: this.url };
  }
}

/**
 * The calls that a journal holds, newest first.
 *
 * `Client.resume` goes on with one that is `interrupted`, `stopped` or `failed`.
 */
export async function runs(journal: string): Promise<Run[]> {
  return JSON.parse(await later(() => native.runs(journal))) as Run[];
}

function listener(options?: ReadOptions): Listener | undefined {
  const onProgress = options?.onProgress;
  return onProgress && ((event) => onProgress(JSON.parse(event) as Progress));
}

/** Arguments as JSON. Those that are `undefined` or `null` are left out. */
function encoded(operation: string, args: object): string {
  try {
    const given = Object.entries(args).filter(([, value]) => value !== undefined && value !== null);
    return JSON.stringify(Object.fromEntries(given), (name, value: unknown) => {
      if (typeof value === "number" && !Number.isFinite(value)) {
        throw new TypeError(`${name} is no finite number`);
      }
      return value;
    });
  } catch (cause) {
    const message = "the arguments are no JSON";
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = `${operation}: ${message}: ${why}`;
    throw new InvalidInputError({ kind: "invalid_input", message, operation, text }, { cause });
  }
}

function refused(operation: string, changes: Change[], asked: boolean): NotApprovedError {
  const what = changes.length === 1 ? "1 change was" : `${changes.length} changes were`;
  const message = asked ? `${what} not approved` : `${what} shown to nobody; give \`approve\``;
  return new NotApprovedError({ message, operation, changes, text: `${operation}: ${message}` });
}
