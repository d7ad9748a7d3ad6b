import { resolve } from 'node:path';
import { compressVectors, type WrittenVectors } from '../core/embedding/vectorsCompress.ts';
import { rowThreads } from '../process/rowThread.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { longWork } from './longWork.ts';
import { rankChoice, shownReduction } from './rankChoice.ts';
import { shownPath } from './text.ts';

export interface VectorsOptions {
  readonly json: boolean;
  readonly rank?: number;
  readonly reduction?: number;
  readonly write: WrittenVectors;
  readonly tensor?: string;
  /** The folder of the bundles. */
  readonly scripts: string;
}

const phases = { reading: 'Reading', summing: 'Summing', writing: 'Writing' };

/** Compresses word vectors by themselves. */
export async function vectorsCommand(
  input: string,
  folder: string,
  { json, write, tensor, scripts, ...size }: VectorsOptions,
): Promise<ExitCode> {
  const result = await longWork((watch) =>
    compressVectors(resolve(input), resolve(folder), {
      size: rankChoice(size),
      write,
      ...(tensor !== undefined && { tensor }),
      threads: rowThreads(scripts),
      watch: ({ share, phase }) => watch(share, phases[phase]),
    }),
  );
  if (result === undefined) return exitCode.cancelled;
  if (json) {
    console.log(JSON.stringify(result));
    return exitCode.done;
  }
  const { rows, dimension, rank, relativeError, parameters, parametersBefore, files, warnings } = result;
  const removed = shownReduction(1 - parameters / parametersBefore);
  console.log(`${rows} x ${dimension} vectors at rank ${rank}: ${removed} numbers,`);
  console.log(`${(100 * (1 - relativeError ** 2)).toFixed(2)} % of the squared lengths kept`);
  console.log(`Written to ${shownPath(result.folder)}: ${files.join(', ')}`);
  for (const warning of warnings) console.log(`Note: ${warning}`);
  return exitCode.done;
}
