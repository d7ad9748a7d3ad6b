import { kerasOrder } from '../keras/kerasOrder.ts';
import { callsOf, nameOf, tensorsIn, type SavedModel } from './savedTopology.ts';

/**
 * Names of a model's layers in the order in which Keras holds them, by which weights go to them: see `kerasOrder`. Those
 * that lead to no output come last.
 */
export function layerOrder({ layers, isSequential, config }: SavedModel): string[] {
  if (isSequential) return layers.map(nameOf);
  // Keras 2 counts the calls of a model inside the model from 1: its first call is the one that has made it.
  const last = new Map<string, number>();
  for (const { layer, call } of tensorsIn([layers.map(callsOf), config.output_layers])) {
    last.set(layer, Math.max(call, last.get(layer) ?? 0));
  }
  const called = layers.map((layer) => {
    const name = nameOf(layer);
    const calls = callsOf(layer).map((call) => ({ inputs: tensorsIn(call) }));
    const first = (last.get(name) ?? 0) >= Math.max(1, calls.length) ? [{ inputs: [] }] : [];
    return { name, calls: [...first, ...calls] };
  });
  const ordered = kerasOrder(called, tensorsIn(config.output_layers)).map(({ name }) => name);
  const known = new Set(ordered);
  return [...ordered, ...called.map(({ name }) => name).filter((name) => !known.has(name))];
}
