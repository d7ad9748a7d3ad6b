import { resolve } from 'node:path';
import { createEngine } from '../core/engine/createEngine.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { rateRange } from '../core/report/rateRange.ts';
import type { RateRange } from '../core/report/reports.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { table } from './text.ts';

/** The bounds of a recipe's learning rate. */
export async function ratesCommand(
  recipePath: string,
  { json, engine }: { readonly json: boolean; readonly engine: EngineName | 'auto' },
): Promise<ExitCode> {
  const recipe = await readRecipe(resolve(recipePath));
  const range = await rateRange(recipe, createEngine(engine));
  if (json) console.log(JSON.stringify(range));
  else print(range);
  return exitCode.done;
}

/** Lines of the table. */
const shown = 24;

function print({ trial, optimizer, rates, losses, bounds }: RateRange): void {
  const every = Math.max(1, Math.ceil(rates.length / shown));
  const rows = rates
    .filter((_, i) => i % every === 0)
    .map((rate, i) => {
      const part = losses.slice(i * every, (i + 1) * every);
      const loss = part.reduce((a, b) => a + b, 0) / part.length;
      return [rate.toExponential(1), loss.toFixed(4)];
    });
  console.log(`${trial} with ${optimizer}: the loss at rising rates, from each rate to the next.`);
  console.log(table([['rate', 'loss'], ...rows]));
  if (bounds === undefined) {
    console.log('The loss does not fall at any rate, so there are no bounds to propose.');
    return;
  }
  const { lower, upper } = bounds;
  console.log(`It falls from ${lower} to ${upper}. In the recipe, for example:`);
  console.log(`"schedule": ${JSON.stringify({ name: 'triangular', lowerRate: lower, rate: upper })}`);
}
