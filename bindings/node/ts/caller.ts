import type { Change } from "./change.js";

/** Gets the changes; answers `true` to make exactly those. Anything else makes none. */
export type Approve = (changes: Change[]) => boolean | Promise<boolean>;

/** How far a call has come. */
export interface Progress {
  /** The operation that reports. */
  operation: string;
  /** One line for a person. */
  message: string;
  /** How many steps are done. */
  done: number;
  /** How many steps there are, where that is known. */
  total?: number;
  /** The asset that is worked on, such as `dashboard "Sales"`. */
  asset?: string;
  /** Steps per second, once there is enough to tell. */
  per_second?: number;
  /** How long the rest takes at this rate, in seconds. */
  seconds_left?: number;
}

/** Options of any operation. */
export interface ReadOptions {
  /** Is told how far the work has come. */
  onProgress?: (event: Progress) => void;
}

/** Options of an operation that changes a deployment. */
export interface WriteOptions extends ReadOptions {
  /** Asks a person. Without it nothing is changed. */
  approve?: Approve;
  /**
   * A file in which each change is kept before it is sent, so that `Client.resume` can go on with a
   * call that broke off. It is made when it is not there.
   */
  journal?: string;
}

/** Options of `Preview.apply`. */
export type ApplyOptions = Pick<WriteOptions, "journal" | "onProgress">;

/** A call that a journal holds. */
export interface Run {
  /** Its id, by which it is resumed. */
  id: string;
  /** The name of the deployment; the source where there is a target. */
  deployment: string;
  /** The name of the target, where there is one. */
  target?: string;
  /** The operation. */
  goal: string;
  /** One whose process is gone is `interrupted`. */
  state: "running" | "done" | "stopped" | "failed" | "interrupted" | "undone";
  /** How many writes ended how. */
  writes: { approved: number; done: number; failed: number; unknown: number };
  /** When it was started. */
  created: string;
  /** When it ended. */
  ended?: string;
}

/** What the domains of operations call. */
export interface Caller {
  read<T>(operation: string, args: object, options?: ReadOptions): Promise<T>;
  write<T>(operation: string, args: object, options?: WriteOptions): Promise<T>;
  /** The same deployment as the source, another as the target. */
  to(target: Caller): Caller;
}
