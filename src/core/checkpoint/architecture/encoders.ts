import type { Body } from '../checkpoint.ts';
import type { StoredTensor } from '../tensorFile.ts';
import type { TensorNames } from './tensorNames.ts';
import { conv1dKernel, conv2dKernel, gateOrder, reorder, transpose } from './torchLayouts.ts';

/** A weight of ours, and the tensors that it is made of. */
export interface MadeWeight {
  readonly tensors: readonly StoredTensor[];
  /** @param data of the tensors, in their order */
  readonly make: (...data: Float32Array[]) => Float32Array;
}

/** A body without its hidden layers, and how its weights are made, by our names. */
export interface Encoder {
  readonly body: Body;
  readonly weights: ReadonlyMap<string, MadeWeight>;
}

/** A bias as it is, or zeros where the module has none. */
export function biasOf(tensor: StoredTensor | undefined, size: number): MadeWeight {
  return tensor === undefined
    ? { tensors: [], make: () => new Float32Array(size) }
    : { tensors: [tensor], make: (data) => data };
}

const suffix = 'weight_ih_l0';

/**
 * nn.LSTM or nn.GRU of one layer.
 * @param given its module, where the file has several
 * @throws UserError `which-recurrence`, `tensor-missing`, `weight-shape`
 */
export function recurrenceOf(
  names: TensorNames,
  kind: 'lstm' | 'bilstm' | 'gru',
  pooling: 'mean' | 'last',
  given: string | undefined,
  n: number,
): Encoder {
  const prefix = given === undefined ? onlyRecurrence(names, kind) : given === '' ? '' : `${given}.`;
  const gates = gateOrder[kind === 'gru' ? 'gru' : 'lstm'];
  const need = (name: string, shape: (found: readonly number[]) => boolean, wanted: string): StoredTensor => {
    const tensor = names.take(prefix + name);
    if (tensor === undefined) {
      throw names.error(
        'tensor-missing',
        `The tensor '${prefix + name}' of the ${kind} is missing.`,
        'Correct "kind" or "recurrent" in "architecture" in the recipe.',
        prefix + name,
      );
    }
    if (!shape(tensor.shape)) throw names.misfit(prefix + name, wanted);
    return tensor;
  };
  const input = need(
    suffix,
    ([first = 0, second, ...rest]) =>
      first > 0 && first % gates.length === 0 && second === n && rest.length === 0,
    `[${gates.length} gates x units, ${n}]`,
  );
  const height = input.shape[0]!;
  const units = height / gates.length;

  const weights = new Map<string, MadeWeight>();
  const addDirection = (ours: string, end: string): void => {
    const matrix = (name: string, columns: number): MadeWeight => {
      const tensor = need(
        name + end,
        (found) => found.length === 2 && found[0] === height && found[1] === columns,
        `[${height}, ${columns}]`,
      );
      return { tensors: [tensor], make: (data) => transpose(reorder(data, gates), height, columns) };
    };
    // nn.LSTM(bias=False) has none.
    const bias = (name: string): StoredTensor | undefined =>
      names.shape(prefix + name + end).length === 0
        ? undefined
        : need(name + end, (found) => found.length === 1 && found[0] === height, `[${height}]`);
    weights.set(`${ours}/kernel`, matrix('weight_ih_l0', n));
    weights.set(`${ours}/recurrent_kernel`, matrix('weight_hh_l0', units));
    const [ofInput, ofState] = [bias('bias_ih_l0'), bias('bias_hh_l0')];
    weights.set(`${ours}/bias`, {
      tensors: [ofInput, ofState].filter((tensor) => tensor !== undefined),
      make(...data) {
        const next = (tensor: StoredTensor | undefined): Float32Array =>
          tensor === undefined ? new Float32Array(height) : reorder(data.shift()!, gates);
        const [a, b] = [next(ofInput), next(ofState)];
        // Keras's GRU keeps both, since the reset gate scales one of them; an LSTM adds them.
        return kind === 'gru' ? Float32Array.of(...a, ...b) : a.map((value, i) => value + b[i]!);
      },
    });
  };
  addDirection(kind === 'bilstm' ? 'bilstm/forward' : kind, '');
  if (kind === 'bilstm') addDirection('bilstm/backward', '_reverse');
  const body: Body =
    kind === 'lstm'
      ? { kind, units, pooling, peepholes: false, hidden: [] }
      : { kind, units, pooling, hidden: [] };
  return { body, weights };
}

function onlyRecurrence(names: TensorNames, kind: string): string {
  const found = names.left.filter((name) => name === suffix || name.endsWith(`.${suffix}`));
  if (found.length === 1) return found[0]!.slice(0, -suffix.length);
  throw names.error(
    'which-recurrence',
    found.length === 0
      ? `No tensor is called ${suffix}, as those of a torch ${kind} are.`
      : `Several tensors are called ${suffix}: ${found.map((name) => `'${name}'`).join(', ')}.`,
    'Name the module as "recurrent" in "architecture.tensors" in the recipe, or correct "kind".',
  );
}

/**
 * nn.Conv1d over the embedding's columns, or nn.Conv2d with one input channel and kernels as wide as the embedding.
 * @param given their modules, where not all weights of three or four dimensions are theirs
 * @throws UserError `no-convolution`, `weight-shape`
 */
export function convolutionsOf(names: TensorNames, given: readonly string[] | undefined, n: number): Encoder {
  const layers = (given ?? names.weights([3, 4])).map((name) => names.layer(name));
  const weights = new Map<string, MadeWeight>();
  const widths: number[] = [];
  const [filters = 0] = layers[0]?.weight.shape ?? [];
  if (layers.length === 0 || filters === 0) {
    throw names.error(
      'no-convolution',
      'No tensor is the weight of a convolution.',
      'Name them as "convolutions" in "architecture.tensors" in the recipe, or correct "kind".',
    );
  }
  for (const { name, weight, bias } of layers) {
    const { shape } = weight;
    const flat = shape.length === 4;
    const [out, channels, width = 0] = flat ? [shape[0], shape[3], shape[2]] : shape;
    const fits =
      out === filters && channels === n && width > 0 && (flat ? shape[1] === 1 : shape.length === 3);
    if (!fits) throw names.misfit(name, `[${filters}, ${n}, width] or [${filters}, 1, width, ${n}]`);
    if (widths.includes(width)) {
      throw names.error(
        'equal-widths',
        `Two convolutions have the width ${width}; the second is '${name}'.`,
        'A cnn has one convolution of each width.',
        name,
      );
    }
    widths.push(width);
    weights.set(`conv_${width}/kernel`, {
      tensors: [weight],
      make: (data) => (flat ? conv2dKernel(data, filters, width, n) : conv1dKernel(data, filters, n, width)),
    });
    weights.set(`conv_${width}/bias`, biasOf(bias, filters));
  }
  return { body: { kind: 'cnn', widths, filters, hidden: [] }, weights };
}
