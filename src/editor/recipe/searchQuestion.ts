import * as l10n from '@vscode/l10n';
import type { RawAuto } from '../../core/recipe/rawRecipe.ts';
import { layerCosts, totalCost } from '../../core/cost/cost.ts';
import { formatMegabytes } from '../formatMegabytes.ts';
import type { Questions } from './questions.ts';
import type { KnownModel } from './rankEffect.ts';
import { bytesOf, lossOf, minutesOf } from './searchAnswers.ts';

/** Of the uncompressed model, where it is known: what is proposed for a size. */
const proposedShare = 0.1;

/** Asks what a search is to keep, and how long it may take. */
export async function askSearch(
  questions: Questions,
  { spec }: KnownModel,
  target: 'accuracy' | 'size',
): Promise<RawAuto> {
  const whole = spec && totalCost(layerCosts(spec, 1)).storageBytes;
  const wanted =
    target === 'accuracy'
      ? {
          loseAtMost: await ask(
            questions,
            l10n.t('How much validation accuracy may be lost? 0.005 is half a percentage point.'),
            '0.005',
            lossOf,
            l10n.t('A number from 0 to below 1, such as 0.005, or a percentage.'),
          ),
        }
      : {
          bytesAtMost: await ask(
            questions,
            whole === undefined
              ? l10n.t('How large may the whole model be?')
              : l10n.t('How large may the whole model be? It has {0} now.', formatMegabytes(whole)),
            whole === undefined ? '500 kB' : formatMegabytes(proposedShare * whole),
            bytesOf,
            l10n.t('Bytes, or a number with kB or MB.'),
          ),
        };
  const minutes = await ask(
    questions,
    l10n.t('How many minutes may the run take? It ends with the best model so far.'),
    '10',
    minutesOf,
    l10n.t('A number of minutes above 0.'),
  );
  return { method: 'auto', ...wanted, minutes };
}

async function ask(
  questions: Questions,
  prompt: string,
  value: string,
  read: (text: string) => number | undefined,
  expected: string,
): Promise<number> {
  const answer = await questions.input(prompt, value, (text) =>
    read(text) === undefined ? expected : undefined,
  );
  return read(answer) ?? 0;
}
