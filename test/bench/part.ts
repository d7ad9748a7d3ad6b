import type { Measures } from './lineWorker.ts';
import type { Workers } from './workers.ts';

/** A measured quantity. */
export interface Column {
  readonly key: string;
  readonly title: string;
  readonly digits: number;
  /** Where ratios to the peers are to be made. */
  readonly better?: 'lower' | 'higher';
}

/** One that does the work: ours on one engine, or a peer in one of its ways. */
export interface Contestant {
  readonly name: string;
  readonly ours: boolean;
  /** The table that it stands in. */
  readonly group: string;
  /** What it computes; compared with peers of the same form only. */
  readonly form?: string;
  /** Peers: with sentences of like length put into one batch, as ours always does. */
  readonly buckets?: boolean;
  measure(): Promise<Measures>;
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** What is measured, for the reader of the table; Markdown. */
  readonly about: string;
  readonly columns: readonly Column[];
  /** Whether the first round is left out: code is compiled and memory taken in it. */
  readonly warmUp: boolean;
  contestants(workers: Workers): Promise<readonly Contestant[]> | readonly Contestant[];
}

export const seconds = (title: string, digits = 3): Column => ({
  key: 'seconds',
  title,
  digits,
  better: 'lower',
});

/** As the groups of most parts are called. */
export const threadGroup = (threads: number): string => (threads === 1 ? '1 thread' : `${threads} threads`);
