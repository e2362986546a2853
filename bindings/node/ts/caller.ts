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
}

/** What the domains of operations call. */
export interface Caller {
  read<T>(operation: string, args: object, options?: ReadOptions): Promise<T>;
  write<T>(operation: string, args: object, options?: WriteOptions): Promise<T>;
  /** The same deployment as the source, another as the target. */
  to(target: Caller): Caller;
}
