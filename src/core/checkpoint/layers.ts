import { UserError } from '../errors.ts';

/** A layer's output at one of its calls, counted from 0. */
export interface LayerOutput {
  readonly layer: string;
  readonly call: number;
}

/** One call of a layer. */
export interface LayerCall {
  readonly inputs: readonly LayerOutput[];
  /** Names of the layers of token ids that it is handed the masks of by name, as Keras 3 writes a functional model. */
  readonly masks?: readonly string[];
}

/** A layer of a saved model. */
export interface Layer {
  readonly className: string;
  readonly name: string;
  /** Of a layer of a model inside the model: the names of the models that it is in, and its own there. */
  readonly path?: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers that feed its first call. */
  readonly inputs: readonly string[];
  /** More than one of a shared layer. */
  readonly calls: readonly LayerCall[];
}

/**
 * The layers of a saved model's topology, Sequential or functional, as tfjs and Keras 2 write it. A Sequential's layers
 * feed one another.
 *
 * @throws UserError `no-topology`
 */
export function layersOf(topology: unknown, file: string): Layer[] {
  const root = (topology ?? {}) as Record<string, unknown>;
  const model = (root.model_config ?? root) as { class_name?: unknown; config?: unknown };
  const config = model.config as { layers?: unknown } | unknown[] | null | undefined;
  const raw = Array.isArray(config) ? config : config?.layers;
  if (!Array.isArray(raw)) {
    throw new UserError(
      'no-topology',
      'The model has no layers in its topology.',
      'Export it as a Sequential or functional model.',
      { file },
    );
  }
  const layers = raw.map((value: unknown): Layer => {
    const layer = (value ?? {}) as Record<string, unknown>;
    const settings = (layer.config ?? {}) as Record<string, unknown>;
    const nodes = Array.isArray(layer.inbound_nodes) ? (layer.inbound_nodes as unknown[]) : [];
    const calls = nodes.length === 0 ? [{ inputs: [] }] : nodes.map(callOf);
    return {
      className: String(layer.class_name),
      name: typeof settings.name === 'string' ? settings.name : String(layer.name),
      config: settings,
      inputs: calls[0]!.inputs.map((input) => input.layer),
      calls,
    };
  });
  if (model.class_name !== 'Sequential') return layers;
  return layers.map((layer, i) => {
    const inputs = i === 0 ? [] : [layers[i - 1]!.name];
    return { ...layer, inputs, calls: [{ inputs: inputs.map((name) => ({ layer: name, call: 0 })) }] };
  });
}

/** `[["name", call, 0, {}], ...]`, one entry for each input of a call. */
function callOf(call: unknown): LayerCall {
  if (!Array.isArray(call)) return { inputs: [] };
  const masks = call.flatMap((input: unknown): unknown => {
    const keywords = Array.isArray(input) ? (input as unknown[])[3] : undefined;
    return (keywords as { mask?: unknown } | null | undefined)?.mask ?? [];
  });
  const names = masks.filter((mask): mask is string => typeof mask === 'string');
  return { inputs: call.map(outputOf), ...(names.length > 0 && { masks: names }) };
}

function outputOf(output: unknown): LayerOutput {
  if (!Array.isArray(output)) return { layer: String(output), call: 0 };
  const [layer, call] = output as unknown[];
  return { layer: String(layer), call: typeof call === 'number' ? call : 0 };
}

/** What a functional model takes and gives. */
export interface ModelEnds {
  /** Names of the layers of its inputs, in its order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly LayerOutput[];
}

/**
 * Undefined for a Sequential, whose first and last layers they are. An end is `["layer", 0, 0]`, and Keras 3 writes a
 * single one without a list around it, and several with names as an object.
 */
export function endsOf(topology: unknown): ModelEnds | undefined {
  const root = (topology ?? {}) as Record<string, unknown>;
  const { config } = (root.model_config ?? root) as { config?: unknown };
  const { input_layers: inputs, output_layers: outputs } = (config ?? {}) as Record<string, unknown>;
  if (!Array.isArray(outputs)) return undefined;
  return { inputs: listed(inputs).map(({ layer }) => layer), outputs: listed(outputs) };
}

function listed(ends: unknown): LayerOutput[] {
  if (typeof ends !== 'object' || ends === null) return [];
  if (!Array.isArray(ends)) return Object.values(ends).map(outputOf);
  return (typeof ends[0] === 'string' ? [ends] : ends).map(outputOf);
}

/** @param layer with what feeds it, which says where it is */
export function unsupported(
  { className, name, inputs = [] }: Pick<Layer, 'className' | 'name'> & Partial<Pick<Layer, 'inputs'>>,
  why: string,
  file: string | undefined,
): UserError {
  // One that takes an output twice lies behind one layer.
  const before = [...new Set(inputs)];
  const place = before.length === 0 ? '' : ` behind '${before.join("', '")}'`;
  return new UserError(
    'unsupported-layer',
    `The layer '${name}' (${className})${place} is not supported: ${why}.`,
    'Change that layer; or compress the embedding without retraining, whatever the layers: embedding-press factorize MODEL FOLDER --reduction 0.9.',
    file === undefined ? undefined : { file, item: name },
  );
}

/** A model that ends before its classifying layer. */
export function noHead(file: string): UserError {
  return new UserError(
    'no-head',
    'The model ends before its classifying layer.',
    'Export it with the Dense layer that gives a number for each class.',
    { file },
  );
}
