import { unsupported, type Layer } from './layers.ts';

/** A layer's activation; that of a layer without one is `linear`. */
export function activationOf({ config }: Layer): string {
  const { activation } = config;
  if (activation === undefined || activation === null) return 'linear';
  return typeof activation === 'string' ? activation : JSON.stringify(activation);
}

/** @throws UserError `unsupported-layer` for a field that is no size */
export function sizeOf(layer: Layer, field: string, file: string): number {
  const size = layer.config[field];
  if (typeof size === 'number' && Number.isSafeInteger(size) && size > 0) return size;
  throw unsupported(layer, `its ${field} is ${JSON.stringify(size)}, where a size is expected`, file);
}

/**
 * Checks settings that decide the result.
 *
 * @param defaults what a setting is that the topology leaves out; `expected` where it has none of its own
 * @throws UserError `unsupported-layer` that names the setting
 */
export function checkConfig(
  layer: Layer,
  expected: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
  file: string,
): void {
  const found: Readonly<Record<string, unknown>> = { ...expected, ...defaults, ...layer.config };
  for (const [field, value] of Object.entries(expected)) {
    if (JSON.stringify(found[field]) === JSON.stringify(value)) continue;
    const why = `its ${field} is ${JSON.stringify(found[field])}, where ${JSON.stringify(value)} is expected`;
    throw unsupported(layer, why, file);
  }
}
