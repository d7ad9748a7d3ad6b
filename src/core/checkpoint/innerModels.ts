import {
  endsOf,
  layersOf,
  unsupported,
  type Layer,
  type LayerCall,
  type LayerOutput,
  type ModelEnds,
} from './layers.ts';

/** What Keras calls a model that is a layer of another one. */
const modelClasses: ReadonlySet<string> = new Set(['Functional', 'Model', 'Sequential']);

/** Far more than a model has: models that call each other twice, and so on, would have them without end. */
const mostCalls = 100_000;

/** The layers of a model and, but for a Sequential, its ends. */
export interface ModelLayers {
  readonly layers: readonly Layer[];
  readonly ends: ModelEnds | undefined;
}

export function isModel({ className, config }: Pick<Layer, 'className' | 'config'>): boolean {
  return modelClasses.has(className) && Array.isArray(config.layers);
}

/** The layers of a layer that is a model. */
export function layersInside({ className, config }: Pick<Layer, 'className' | 'config'>): Layer[] {
  return layersOf({ class_name: className, config }, '');
}

/**
 * A model without models inside: the layers of these stand in their places, and are called for each of their calls. A
 * layer keeps its name, or has those of its models before it where another one is called so; its `path` tells them all.
 *
 * @throws UserError `unsupported-layer` for a model inside that has not one output, or not an input for each that it is
 * given
 */
export function withoutInnerModels(model: ModelLayers, file: string): ModelLayers {
  if (!model.layers.some(isModel)) return model;
  const names = new Set(model.layers.filter((layer) => !isModel(layer)).map(({ name }) => name));
  return flatten(model, [], { file, names, calls: 0 });
}

interface Work {
  readonly file: string;
  /** That layers have. */
  readonly names: Set<string>;
  /** Of all layers of models inside, so far. */
  calls: number;
}

/** A model inside of another one, without models inside itself. */
interface InnerModel {
  /** The model as a layer. */
  readonly of: Layer;
  readonly layers: readonly Layer[];
  /** How often each is called in a call of the model. */
  readonly calls: ReadonlyMap<string, number>;
  /** Names of the layers that stand for what it takes. */
  readonly inputs: readonly string[];
  readonly output: LayerOutput;
  /** The number that its first call is referred to by: where it was made, it has been called already. */
  readonly firstCall: number;
}

function flatten(model: ModelLayers, path: readonly string[], work: Work): ModelLayers {
  const { layers, ends } = model;
  const firstCalls = firstCallsOf(model);
  const inner = new Map(
    layers
      .filter(isModel)
      .map((layer) => [
        layer.name,
        innerModel(layer, firstCalls.get(layer.name) ?? 0, [...path, layer.name], work),
      ]),
  );
  const callCounts = new Map(layers.map(({ name, calls }) => [name, calls.length]));
  /** The same output, once the models inside are gone. */
  const resolve = (output: LayerOutput): LayerOutput => {
    let { layer, call } = output;
    for (let passed = 0; passed <= layers.length; passed++) {
      const found = inner.get(layer);
      // Of a layer that is called once some files count the calls from another number.
      if (found === undefined) return { layer, call: callCounts.get(layer) === 1 ? 0 : call };
      const input = found.inputs.indexOf(found.output.layer);
      if (input < 0) return atCall(found, found.output, call - found.firstCall);
      // It gives what it takes.
      ({ layer, call } = givenTo(found, call - found.firstCall, work.file)[input]!);
    }
    throw unsupported(inner.get(layer)!.of, 'it lies on a circle', work.file);
  };
  const flat = layers.flatMap((layer): readonly Layer[] => {
    const found = inner.get(layer.name);
    if (found !== undefined) return calledLayers(found, resolve, work.file);
    return [
      withCalls(
        layer,
        layer.calls.map((call) => ({ ...call, inputs: call.inputs.map(resolve) })),
      ),
    ];
  });
  return { layers: flat, ends: ends && { ...ends, outputs: ends.outputs.map(resolve) } };
}

/** The least number of a call by which each layer's output is taken. */
function firstCallsOf({ layers, ends }: ModelLayers): Map<string, number> {
  const first = new Map<string, number>();
  const taken = layers.flatMap(({ calls }) => calls.flatMap(({ inputs }) => inputs));
  for (const { layer, call } of [...taken, ...(ends?.outputs ?? [])])
    first.set(layer, Math.min(call, first.get(layer) ?? call));
  return first;
}

function innerModel(layer: Layer, firstCall: number, path: readonly string[], work: Work): InnerModel {
  const { layers, ends } = flatten(named(layer, path, work), path, work);
  const [first] = layers;
  const [output, other] = ends?.outputs ?? [];
  const calls = new Map(layers.map(({ name, calls }) => [name, calls.length]));
  if (first === undefined || output === undefined || other !== undefined || !calls.has(output.layer))
    throw unsupported(layer, 'it is a model inside the model, and has not one output', work.file);
  work.calls += layer.calls.length * [...calls.values()].reduce((a, b) => a + b, 0);
  if (work.calls > mostCalls)
    throw unsupported(layer, `layers are called ${work.calls} times by it`, work.file);
  const inputs = layer.className === 'Sequential' ? [first.name] : (ends?.inputs ?? []);
  return { of: layer, layers, calls, inputs, output, firstCall };
}

/** The layers of a model inside with names that no other layer has; of a Sequential the ends, too. */
function named(model: Layer, path: readonly string[], { names: taken }: Work): ModelLayers {
  const layers = startingWithInput(model);
  const names = new Map<string, string>();
  for (const { name } of layers.filter((layer) => !isModel(layer))) {
    let free = name;
    for (let i = 0; taken.has(free); i++) free = [...path, name, ...(i === 0 ? [] : [i])].join('_');
    taken.add(free);
    names.set(name, free);
  }
  const nameOf = (name: string): string => names.get(name) ?? name;
  const rename = ({ layer, call }: LayerOutput): LayerOutput => ({ layer: nameOf(layer), call });
  const last = model.className === 'Sequential' ? layers.at(-1) : undefined;
  const ends = endsOf({ config: model.config }) ?? {
    inputs: [],
    outputs: last === undefined ? [] : [{ layer: last.name, call: 0 }],
  };
  return {
    layers: layers.map((layer) => ({
      ...withCalls(
        layer,
        layer.calls.map(({ inputs, masks }) => ({
          inputs: inputs.map(rename),
          ...(masks && { masks: masks.map(nameOf) }),
        })),
      ),
      name: nameOf(layer.name),
      ...(!isModel(layer) && { path: [...path, layer.name] }),
    })),
    ends: { inputs: ends.inputs.map(nameOf), outputs: ends.outputs.map(rename) },
  };
}

/** The layers of a model; a Sequential may lack the one that stands for what it takes. */
function startingWithInput(model: Layer): Layer[] {
  const [first, ...others] = layersInside(model);
  if (first === undefined) return [];
  if (model.className !== 'Sequential' || first.className === 'InputLayer' || isModel(first))
    return [first, ...others];
  const name = `${model.name}_input`;
  const input: Layer = { className: 'InputLayer', name, config: {}, inputs: [], calls: [{ inputs: [] }] };
  return [input, withCalls(first, [{ inputs: [{ layer: name, call: 0 }] }]), ...others];
}

/** The layers of a model inside, called for each of its calls. */
function calledLayers(
  model: InnerModel,
  resolve: (output: LayerOutput) => LayerOutput,
  file: string,
): readonly Layer[] {
  const { of, layers, inputs } = model;
  // It begins a Sequential, and takes the ids by itself.
  if (of.calls.every((call) => call.inputs.length === 0)) return layers;
  const callsOf = (layer: Layer): LayerCall[] =>
    of.calls.flatMap(({ masks: handed = [] }, at) => {
      const given = givenTo(model, at, file).map(resolve);
      return layer.calls.map((call): LayerCall => {
        const takesGiven = call.inputs.some((input) => inputs.includes(input.layer));
        const masks = [
          ...(call.masks ?? []).map((name) => given[inputs.indexOf(name)]?.layer ?? name),
          ...(takesGiven ? handed : []),
        ];
        return {
          inputs: call.inputs.map((input) => given[inputs.indexOf(input.layer)] ?? atCall(model, input, at)),
          ...(masks.length > 0 && { masks }),
        };
      });
    });
  return layers.filter(({ name }) => !inputs.includes(name)).map((layer) => withCalls(layer, callsOf(layer)));
}

/** What a call of a model inside is given. @throws UserError `unsupported-layer` where it is not what the model takes */
function givenTo({ of, inputs }: InnerModel, call: number, file: string): readonly LayerOutput[] {
  const given = of.calls[call]?.inputs ?? [];
  if (given.length === inputs.length) return given;
  const why = `it is a model inside the model that takes ${inputs.length} inputs, and is given ${given.length}`;
  throw unsupported(of, why, file);
}

/** An output of a layer of a model inside, at a call of the model. */
function atCall({ calls }: InnerModel, { layer, call }: LayerOutput, ofModel: number): LayerOutput {
  return { layer, call: ofModel * (calls.get(layer) ?? 1) + call };
}

function withCalls(layer: Layer, calls: readonly LayerCall[]): Layer {
  return { ...layer, calls, inputs: calls[0]?.inputs.map((input) => input.layer) ?? [] };
}
