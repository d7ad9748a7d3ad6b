import type { RawRecipe } from './rawRecipe.ts';

/** The order in which a new recipe's fields are written, the schema's. */
const order = [
  '$schema',
  'model',
  'architecture',
  'train',
  'vocabulary',
  'text',
  'data',
  'labels',
  'compress',
  'retrain',
  'expectedAccuracy',
  'output',
  'outputFormat',
] as const satisfies readonly (keyof RawRecipe)[];

/** The text of a new recipe's file: indented by two, lists of plain values on one line. */
export function formatRecipe(raw: RawRecipe): string {
  return `${format(Object.fromEntries(order.map((field) => [field, raw[field]])), '')}\n`;
}

function format(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => format(item, indent)).join(', ')}]`;
  const inner = `${indent}  `;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${inner}${JSON.stringify(name)}: ${format(field, inner)}`);
  return fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n${indent}}`;
}
