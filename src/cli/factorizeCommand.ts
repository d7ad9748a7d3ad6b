import { resolve } from 'node:path';
import { achievedReduction } from '../core/cost/reduction.ts';
import { factorizeCheckpoint } from '../core/embedding/factorizeCheckpoint.ts';
import { rowThreads } from '../process/rowThread.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { longWork } from './longWork.ts';
import { rankChoice, shownReduction } from './rankChoice.ts';
import { shownPath } from './text.ts';

export interface FactorizeOptions {
  readonly json: boolean;
  readonly rank?: number;
  readonly reduction?: number;
  /** Of several embedding layers the one to factorize. */
  readonly embedding?: string;
  /** The folder of the bundles. */
  readonly scripts: string;
}

const phases = { summing: 'Summing', writing: 'Writing' };

/** Factorizes a model's embeddings without training. */
export async function factorizeCommand(
  checkpoint: string,
  folder: string,
  { json, scripts, embedding, ...size }: FactorizeOptions,
): Promise<ExitCode> {
  const result = await longWork((watch) =>
    factorizeCheckpoint(resolve(checkpoint), resolve(folder), {
      size: rankChoice(size),
      ...(embedding !== undefined && { embedding }),
      threads: rowThreads(scripts),
      watch: ({ phase, share }) => watch(share, phases[phase]),
    }),
  );
  if (result === undefined) return exitCode.cancelled;
  if (json) {
    console.log(JSON.stringify(result));
    return exitCode.done;
  }
  const { tables, notes } = result;
  for (const { name, rows, dimension, rank, relativeError } of tables) {
    const what = tables.length > 1 ? `Embedding '${name}'` : 'Embedding';
    const removed = shownReduction(achievedReduction(rank, rows, dimension));
    console.log(`${what} ${rows} x ${dimension} at rank ${rank}: ${removed} parameters,`);
    console.log(`${(100 * (1 - relativeError ** 2)).toFixed(2)} % of its squared length kept`);
  }
  console.log(`Written to ${shownPath(result.folder)}`);
  for (const note of notes) console.log(`Note: ${note}`);
  return exitCode.done;
}
