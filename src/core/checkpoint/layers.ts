import { UserError } from '../errors.ts';

/** A layer of a saved model. */
export interface Layer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers that feed it. */
  readonly inputs: readonly string[];
  /** How often the model calls it; more than once for a shared layer. */
  readonly calls: number;
  /** Whether it is handed a mask by name, as Keras 3 writes a functional model. */
  readonly masked?: true;
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
    const [call] = nodes;
    return {
      className: String(layer.class_name),
      name: typeof settings.name === 'string' ? settings.name : String(layer.name),
      config: settings,
      inputs: inputsOf(call),
      calls: Math.max(1, nodes.length),
      ...(isMasked(call) && { masked: true }),
    };
  });
  if (model.class_name !== 'Sequential') return layers;
  return layers.map((layer, i) => ({ ...layer, inputs: i === 0 ? [] : [layers[i - 1]!.name] }));
}

/** `[["name", 0, 0, {}], ...]`, one entry for each input of a call. */
function inputsOf(call: unknown): string[] {
  return Array.isArray(call)
    ? call.map((input: unknown) => String(Array.isArray(input) ? input[0] : input))
    : [];
}

function isMasked(call: unknown): boolean {
  const masks = Array.isArray(call)
    ? call.map((input: unknown) => (Array.isArray(input) ? (input as unknown[])[3] : undefined))
    : [];
  return masks.some((keywords) => (keywords as { mask?: unknown } | null | undefined)?.mask === true);
}

/**
 * Names of the layers whose outputs are a functional model's, one for each; undefined for a Sequential, whose last layer
 * it is. An output is `["layer", 0, 0]`, and Keras 3 writes a single one without a list around it.
 */
export function outputsOf(topology: unknown): string[] | undefined {
  const root = (topology ?? {}) as Record<string, unknown>;
  const { config } = (root.model_config ?? root) as { config?: unknown };
  const outputs = ((config ?? {}) as Record<string, unknown>).output_layers;
  if (!Array.isArray(outputs)) return undefined;
  return (typeof outputs[0] === 'string' ? [outputs] : outputs).map((output: unknown) =>
    String(Array.isArray(output) ? output[0] : output),
  );
}

/** @param layer with what feeds it, which says where it is */
export function unsupported(
  { className, name, inputs = [] }: Pick<Layer, 'className' | 'name'> & Partial<Pick<Layer, 'inputs'>>,
  why: string,
  file: string | undefined,
): UserError {
  const place = inputs.length === 0 ? '' : ` behind '${inputs.join("', '")}'`;
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
