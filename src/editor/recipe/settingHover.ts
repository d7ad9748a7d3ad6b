import * as l10n from '@vscode/l10n';
import { wholeTables } from '../../core/checkpoint/graph/tables.ts';
import type { PointSettings } from '../../core/compression/method.ts';
import { methodOf } from '../../core/compression/methods.ts';
import { embeddingBytes, layerCosts, pointBytes, specOfPoint } from '../../core/cost/cost.ts';
import type { CompressSettings } from '../../core/recipe/recipe.ts';
import { formatMegabytes } from '../formatMegabytes.ts';
import { pointName } from '../pointName.ts';
import { compressEntries } from './compressEntries.ts';
import type { KnownModel } from './rankEffect.ts';
import type { RecipeText, Span } from './recipeText.ts';

/** A method's setting that a recipe tries one after the other, and the entry of `compress` that it stands in. */
export interface HoveredSetting {
  readonly span: Span;
  readonly entry: number;
}

/** What else than reductions and ranks decides a model's size. */
const fields = ['bits', 'dimensions', 'subvectors', 'words', 'codebooks', 'sparsities'];

/** The setting at an offset of a recipe: its name or a value of it. */
export function settingAt(recipe: RecipeText, offset: number): HoveredSetting | undefined {
  for (const [entry, path] of compressEntries(recipe).entries()) {
    for (const field of fields) {
      const property = recipe.node(...path, field)?.parent;
      if (property === undefined) continue;
      for (let node = recipe.at(offset); node !== undefined; node = node.parent) {
        if (node === property) return { span: property, entry };
      }
    }
  }
  return undefined;
}

/**
 * Markdown of the models that an entry makes, a line each.
 * @throws UserError as the method does for settings that the table does not allow
 */
export function describeSetting(
  settings: CompressSettings,
  { file, entry }: { readonly file: string; readonly entry: number },
  { rows, dimension, spec }: KnownModel,
): string {
  if (rows === undefined) {
    return l10n.t('Sizes are known once the words are counted: save the recipe to have its data read.');
  }
  const isOne = spec === undefined || ('tables' in settings && settings.tables === 'largest');
  const table = { rows, dimension, further: isOne ? [] : wholeTables(spec.body) };
  const { points } = methodOf(settings).points(settings, table, { file, path: `compress[${entry}]`, entry });
  const bytesOf = (point: Partial<PointSettings>): number =>
    spec === undefined
      ? pointBytes({ rows, dimension }, point)
      : embeddingBytes(layerCosts(specOfPoint(spec, point), 0));
  const whole = bytesOf({});
  const lines = points.map((point) => {
    const bytes = bytesOf(point);
    const name = pointName({ kind: 'point', ...point });
    return row([name, formatMegabytes(bytes), `${(100 * (1 - bytes / whole)).toFixed(1)} %`]);
  });
  const known = l10n.t('A table of {0} × {1}, {2}.', count(rows), dimension, formatMegabytes(whole));
  const titles = row([l10n.t('Model'), l10n.t('Embedding'), l10n.t('Removed')]);
  return `${known}\n\n${titles}\n|:--|--:|--:|\n${lines.join('\n')}`;
}

/** VS Code sets the columns without a gap, so that each cell brings its own. */
function row(cells: readonly string[]): string {
  return `|${cells.map((cell) => `${cell}\u00a0\u00a0`).join('|')}|`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
