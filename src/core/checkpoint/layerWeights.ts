import { UserError } from '../errors.ts';
import type { Layer } from './layers.ts';

/** Where a weight of ours lies in a saved model. */
export interface WeightSource {
  readonly ours: string;
  readonly theirs: string;
}

/**
 * The saved name of a layer's weight. Files name weights `layer/weight`, converted ones `layer/scope/weight`; those of a
 * bidirectional layer have a scope that begins with their direction, or, in Keras 3, of a layer that was given for the
 * way back, is that layer's name.
 *
 * @throws UserError `weight-missing`
 */
export function weightName(
  names: ReadonlySet<string>,
  layer: Layer,
  weight: string,
  file: string,
  direction = '',
): string {
  const wanted = `${layer.name}/${weight}`;
  if (names.has(wanted)) return wanted;
  const scopes = [`/${direction}`];
  const back = (layer.config.backward_layer ?? {}) as { readonly config?: { readonly name?: unknown } };
  if (direction === 'backward' && typeof back.config?.name === 'string') scopes.push(`/${back.config.name}/`);
  for (const scope of scopes) {
    for (const name of names) {
      if (!name.startsWith(`${layer.name}/`) || !name.endsWith(`/${weight}`)) continue;
      if (name.slice(layer.name.length).includes(scope)) return name;
    }
  }
  throw new UserError(
    'weight-missing',
    `The weight '${wanted}' of the layer '${layer.name}' is missing.`,
    'Export the model anew.',
    { file, item: wanted },
  );
}
