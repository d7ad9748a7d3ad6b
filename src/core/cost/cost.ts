import type { Body, ModelSpec } from '../checkpoint/checkpoint.ts';
import { encoderWidth } from '../checkpoint/specFromJson.ts';
import type { LayerCost } from '../sweep/trial.ts';

/** Float32 everywhere. */
const bytesPerParameter = 4;

/**
 * Parameters, bytes and FLOPs of a sentence, layer by layer in the order of computation.
 *
 * Counted: every multiplication, addition and division, a multiply-add as two; a matrix product is 2 * in *
 * out, a bias one addition a unit. Not counted: look-ups, masks, and the activation functions (ReLU, sigmoid,
 * tanh, softmax), which are comparisons and table functions and under a hundredth of the whole. Padding is
 * not computed: T is the mean number of tokens.
 *
 * @param meanLength T, tokens of a sentence
 */
export function layerCosts(spec: ModelSpec, meanLength: number): LayerCost[] {
  const { body } = spec;
  const n = spec.embedding.dimension;
  const layers = embeddingCosts(spec, meanLength);
  layers.push(...encoderCosts(body, n, meanLength));
  let width = encoderWidth(body, n);
  body.hidden.forEach((units, i) => {
    layers.push(denseCost(`hidden_${i}`, width, units));
    width = units;
  });
  layers.push(denseCost('head', width, spec.head === 'sigmoid' ? 1 : spec.classes));
  return layers;
}

/** The sum over the layers, under the name `total`. */
export function totalCost(layers: readonly LayerCost[]): LayerCost {
  return layers.reduce(
    (sum, layer) =>
      cost('total', sum.parameters + layer.parameters, sum.flopsPerSentence + layer.flopsPerSentence),
    cost('total', 0, 0),
  );
}

/**
 * Whether the factors cost no more arithmetic than the same table in fixed point, which takes 2n a token to
 * dequantize, the authors' claim of "no added latency". It holds for a DAN, which averages the rows of A
 * before it multiplies by B once, as soon as k <= T: T k + 2 k n <= T n + 2 n T. It does not hold for
 * recurrences and convolutions, which multiply every token by B, unless k is 1 or B is folded into their kernels.
 *
 * @param meanLength T, tokens of a sentence
 */
export function addsNoLatency(spec: ModelSpec, meanLength: number): boolean {
  const { rows, dimension } = spec.embedding;
  const flops = (of: ModelSpec): number => totalCost(embeddingCosts(of, meanLength)).flopsPerSentence;
  const dequantization = 2 * dimension * meanLength;
  return flops(spec) <= flops({ ...spec, embedding: { rows, dimension } }) + dequantization;
}

/** Table or factors, with the average that a DAN takes between A and B. */
function embeddingCosts({ embedding, body }: ModelSpec, meanLength: number): LayerCost[] {
  const { rows: m, dimension: n, rank: k } = embedding;
  const averages = body.kind === 'dan';
  const layers = [k === undefined ? cost('embedding/table', m * n, 0) : cost('embedding/A', m * k, 0)];
  if (averages) layers.push(cost('average', 0, meanLength * (k ?? n)));
  if (k !== undefined) layers.push(cost('embedding/B', k * n, 2 * k * n * (averages ? 1 : meanLength)));
  return layers;
}

function encoderCosts(body: Body, n: number, meanLength: number): LayerCost[] {
  switch (body.kind) {
    case 'dan':
      return [];
    case 'cnn':
      return body.widths.map((width) => convolutionCost(width, n, body.filters, meanLength));
    default: {
      const features = encoderWidth(body, n);
      const [parameters, flops] = recurrentCost(body, n);
      const pooling = body.pooling === 'mean' ? meanLength * features : 0;
      return [cost(body.kind, parameters, flops * meanLength), cost('pooling', 0, pooling)];
    }
  }
}

/** Parameters, and FLOPs of a token; both directions of a bidirectional one. */
function recurrentCost(
  body: Extract<Body, { readonly pooling: unknown }>,
  n: number,
): readonly [number, number] {
  const H = body.units;
  switch (body.kind) {
    case 'lstm':
      return [lstmParameters(n, H, body.peepholes), lstmFlops(n, H, body.peepholes)];
    case 'bilstm':
      return [2 * lstmParameters(n, H, false), 2 * lstmFlops(n, H, false)];
    case 'gru':
      // c takes the reset gate's product; h = z h + (1 - z) c takes four a unit.
      return [3 * H * (n + H + 2), 2 * (n * 3 * H + H * 3 * H) + 6 * H + 5 * H];
  }
}

/**
 * The products of every window, T - W + 1 of them and one at least; the bias is added to the maxima alone. The mean
 * number of windows is taken at the mean length, which is exact where no sentence is shorter than the window.
 */
function convolutionCost(width: number, n: number, filters: number, meanLength: number): LayerCost {
  const windows = Math.max(1, meanLength - width + 1);
  return cost(`conv_${width}`, width * n * filters + filters, 2 * width * n * filters * windows + filters);
}

function denseCost(layer: string, inputs: number, units: number): LayerCost {
  return cost(layer, inputs * units + units, 2 * inputs * units + units);
}

function lstmParameters(n: number, H: number, peepholes: boolean): number {
  return 4 * H * (n + H + 1) + (peepholes ? 3 * H : 0);
}

/** Of a token: the product of input and last output with the four gates' kernels, their biases, and the cell. */
function lstmFlops(n: number, H: number, peepholes: boolean): number {
  const kernels = 2 * (n * 4 * H + H * 4 * H);
  const biases = 4 * H;
  // c = f c + i g takes three a unit, h = o tanh(c) one; each of three peepholes a product and a sum.
  const cell = 4 * H + (peepholes ? 6 * H : 0);
  return kernels + biases + cell;
}

function cost(layer: string, parameters: number, flopsPerSentence: number): LayerCost {
  return { layer, parameters, storageBytes: parameters * bytesPerParameter, flopsPerSentence };
}
