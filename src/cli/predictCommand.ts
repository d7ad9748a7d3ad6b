import { resolve } from 'node:path';
import { readCheckpoint } from '../core/checkpoint/folder.ts';
import { createEngine } from '../core/engine/createEngine.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { createPredictor } from '../core/model/predictor.ts';
import type { TriedSentence } from '../core/report/reports.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { table } from './text.ts';

export async function predictCommand(
  checkpoint: string,
  texts: readonly string[],
  { json, engine }: { readonly json: boolean; readonly engine: EngineName | 'auto' },
): Promise<ExitCode> {
  const path = resolve(checkpoint);
  const predict = createPredictor(await readCheckpoint(path), createEngine(engine), { file: path });
  const prediction: TriedSentence = {
    ...predict(...texts),
    latencyMs: medianMs(() => predict(...texts)),
  };
  if (json) {
    console.log(JSON.stringify(prediction));
    return exitCode.done;
  }
  const { probabilities, tokens, unknownTokens, latencyMs } = prediction;
  const likelyFirst = [...probabilities].sort((a, b) => b.probability - a.probability);
  console.log(table(likelyFirst.map(({ label, probability }) => [label, probability.toFixed(4)])));
  console.log(`\n${tokens} tokens, ${unknownTokens} of them unknown; ${latencyMs.toFixed(2)} ms`);
  return exitCode.done;
}

const mostCalls = 101;
const mostMs = 300;

/** The median time of a call, of as many as fit the time. */
function medianMs(call: () => void): number {
  const times: number[] = [];
  for (const end = performance.now() + mostMs; times.length < mostCalls && performance.now() < end;) {
    const started = performance.now();
    call();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? 0;
}
