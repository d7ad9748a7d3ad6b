import { UserError } from '../../errors.ts';
import { noHead, unsupported, type Layer, type LayerOutput, type ModelEnds } from '../layers.ts';

/** A call of a layer that the model's output is made of. */
export interface UsedCall {
  /** The layer's name for the first one, and another that no layer has for those that follow. */
  readonly name: string;
  readonly layer: Layer;
  /** Names of the calls that feed it. */
  readonly inputs: readonly string[];
  /** See `LayerCall`. */
  readonly masks: readonly string[];
}

/**
 * The calls that the model's output is made of, each behind those that feed it.
 * @throws UserError `several-outputs`, `no-head`, `unsupported-layer` for what is no layer, and for a circle
 */
export function usedCalls(layers: readonly Layer[], ends: ModelEnds | undefined, file: string): UsedCall[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const find = ({ layer: name, call }: LayerOutput, from?: Layer): Place => {
    const layer = byName.get(name);
    if (layer === undefined && from === undefined) throw noHead(file);
    // Of a layer that is called once some files count the calls from another number.
    const at = layer?.calls.length === 1 ? 0 : call;
    if (layer?.calls[at] === undefined)
      throw unsupported(from!, `it takes '${name}', which is no layer`, file);
    return { layer, call: at };
  };
  const ordered = inOrder(find(outputOf(layers, ends, file)), find, file);
  const names = namesOf(ordered, byName);
  return ordered.map(({ layer, call }) => {
    const { inputs, masks = [] } = layer.calls[call]!;
    return {
      name: names.get(keyOf({ layer, call }))!,
      layer,
      inputs: inputs.map((input) => names.get(keyOf(find(input, layer)))!),
      masks,
    };
  });
}

interface Place {
  readonly layer: Layer;
  readonly call: number;
}

function keyOf({ layer, call }: Place): string {
  return `${call} ${layer.name}`;
}

/** The layer's output that is the model's. @throws UserError `several-outputs` */
function outputOf(layers: readonly Layer[], ends: ModelEnds | undefined, file: string): LayerOutput {
  const fed = new Set(
    layers.flatMap(({ calls }) => calls.flatMap(({ inputs }) => inputs.map(({ layer }) => layer))),
  );
  const outputs =
    ends?.outputs ??
    layers.filter(({ name }) => !fed.has(name)).map(({ name }) => ({ layer: name, call: 0 }));
  const [end, other] = outputs;
  if (end === undefined) throw noHead(file);
  if (other === undefined) return end;
  throw new UserError(
    'several-outputs',
    `The model has ${outputs.length} outputs, where one is expected: '${outputs.map(({ layer }) => layer).join("', '")}'.`,
    'Export a model whose one output classifies the text.',
    { file, item: other.layer },
  );
}

function inOrder(output: Place, find: (of: LayerOutput, from: Layer) => Place, file: string): Place[] {
  const done = new Map<string, Place>();
  // A stack of our own, for a file may be as deep as it likes.
  const stack: { readonly place: Place; next: number }[] = [{ place: output, next: 0 }];
  const open = new Set([keyOf(output)]);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { layer, call } = top.place;
    const input = layer.calls[call]!.inputs[top.next++];
    if (input === undefined) {
      done.set(keyOf(top.place), top.place);
      open.delete(keyOf(top.place));
      stack.pop();
      continue;
    }
    const place = find(input, layer);
    const key = keyOf(place);
    if (open.has(key)) throw unsupported(place.layer, 'it lies on a circle', file);
    if (done.has(key)) continue;
    open.add(key);
    stack.push({ place, next: 0 });
  }
  return [...done.values()];
}

function namesOf(places: readonly Place[], layers: ReadonlyMap<string, Layer>): Map<string, string> {
  const names = new Map<string, string>();
  const counts = new Map<Layer, number>();
  const taken = new Set(layers.keys());
  for (const place of places) {
    let count = (counts.get(place.layer) ?? 0) + 1;
    counts.set(place.layer, count);
    let { name } = place.layer;
    if (count > 1) {
      while (taken.has(name)) name = `${place.layer.name}#${count++}`;
      taken.add(name);
    }
    names.set(keyOf(place), name);
  }
  return names;
}
