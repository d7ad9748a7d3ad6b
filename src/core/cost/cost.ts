import type { Body, ModelSpec, Weights } from '../checkpoint/checkpoint.ts';
import { describeGraph, isPaddingMasked } from '../checkpoint/graph/describeGraph.ts';
import { embeddingCalls, tablesOf, unfactorized, withRanks } from '../checkpoint/graph/tables.ts';
import type { GraphBody } from '../checkpoint/graphBody.ts';
import { factorCoding, type Coding, type CodingCost } from '../compression/coding.ts';
import { schemeOf } from '../compression/codings.ts';
import { tensorsBelow } from '../checkpoint/tensorsBelow.ts';
import { encoderWidth } from '../checkpoint/specFromJson.ts';
import type { PointSettings } from '../compression/method.ts';
import type { LayerCost } from '../sweep/trial.ts';

/** Float32 wherever nothing is coded. */
const bytesPerParameter = 4;

/**
 * Parameters, bytes, multiply-adds and FLOPs of a sentence, layer by layer in the order of computation; docs/cost.md has
 * the formulas.
 *
 * Counted: every multiplication, addition and division, a multiply-add as two; a matrix product is 2 * in *
 * out, a bias one addition a unit. Not counted: look-ups, masks, and the activation functions (ReLU, sigmoid,
 * tanh, softmax), which are comparisons and table functions and under a hundredth of the whole. Padding is
 * not computed: T is the mean number of tokens.
 *
 * @param meanLength T, tokens of a sentence
 * @param weights the model's: what a coding stores may depend on them, and is counted at most without
 */
export function layerCosts(spec: ModelSpec, meanLength: number, weights?: Weights): LayerCost[] {
  const { body } = spec;
  const n = spec.embedding.dimension;
  const layers = embeddingCosts(spec, meanLength, weights);
  layers.push(...encoderCosts(body, n, meanLength));
  let width = encoderWidth(body, n);
  body.hidden.forEach((units, i) => {
    layers.push(denseCost(`hidden_${i}`, width, units));
    width = units;
  });
  layers.push(denseCost('head', width, spec.head === 'sigmoid' ? 1 : spec.classes, spec.biasFree));
  return layers;
}

/** The sum over the layers, under the name `total`. */
export function totalCost(layers: readonly LayerCost[]): LayerCost {
  const sum = (figure: (layer: LayerCost) => number): number =>
    layers.reduce((total, layer) => total + figure(layer), 0);
  return {
    layer: 'total',
    parameters: sum((layer) => layer.parameters),
    storageBytes: sum((layer) => layer.storageBytes),
    memoryBytes: sum((layer) => layer.memoryBytes),
    multiplyAddsPerSentence: sum((layer) => layer.multiplyAddsPerSentence),
    flopsPerSentence: sum((layer) => layer.flopsPerSentence),
  };
}

/** Bytes of the tables or of what stands for them. */
export function embeddingBytes(layers: readonly LayerCost[]): number {
  const parts = layers.filter(({ layer }) => layer.startsWith('embedding/'));
  return parts.reduce((sum, { storageBytes }) => sum + storageBytes, 0);
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
  const flops = (of: Tables): number => totalCost(embeddingCosts(of, meanLength)).flopsPerSentence;
  const dequantization = tablesOf(spec).reduce(
    (sum, { name, dimension }) => sum + 2 * dimension * tokensOf(spec.body, name, meanLength),
    0,
  );
  return flops(spec) <= flops(unfactorized(spec)) + dequantization;
}

/**
 * Tables or factors, with the average that a DAN takes between A and B. A coded B is decoded once, on loading. Further
 * tables than the first have their names: `embedding/NAME/A`.
 */
function embeddingCosts(spec: Tables, meanLength: number, weights?: Weights): LayerCost[] {
  const averages = spec.body.kind === 'dan';
  const matrix = (layer: string, rows: number, columns: number, how: Coding | undefined): CodingCost =>
    how === undefined
      ? {
          parameters: rows * columns,
          storageBytes: rows * columns * bytesPerParameter,
          flopsPerRow: 0,
        }
      : schemeOf(how).cost(rows, columns, how, weights && tensorsBelow(weights, layer));
  const layer = (
    name: string,
    of: CodingCost,
    values: number,
    flopsPerSentence: number,
    multiplyAddsPerSentence = 0,
  ): LayerCost => ({
    layer: name,
    parameters: of.parameters,
    storageBytes: of.storageBytes,
    memoryBytes: values * bytesPerParameter,
    multiplyAddsPerSentence,
    flopsPerSentence,
  });
  return tablesOf(spec).flatMap((table) => {
    const { rows: m, dimension: n, rank: k, coding, name, prefix } = table;
    const tokens = tokensOf(spec.body, name, meanLength);
    const shown = name === 'embedding' ? name : `embedding/${name}`;
    const first = k === undefined ? 'table' : 'A';
    const looked = matrix(`${prefix}/${first}`, m, k ?? n, coding);
    const layers = [layer(`${shown}/${first}`, looked, m * (k ?? n), looked.flopsPerRow * tokens)];
    if (averages) layers.push(cost('average', 0, tokens * (k ?? n), 0));
    if (k !== undefined) {
      const factor = matrix(`${prefix}/B`, k, n, factorCoding(coding));
      const products = k * n * (averages ? 1 : tokens);
      layers.push(layer(`${shown}/B`, factor, k * n, 2 * products, products));
    }
    return layers;
  });
}

type Tables = Pick<ModelSpec, 'embedding' | 'body'>;

/** How often a row of a table is read for a sentence. */
function tokensOf(body: Body, table: string, meanLength: number): number {
  if (body.kind !== 'graph') return meanLength;
  const { inputs } = withLength(body, meanLength);
  const calls = embeddingCalls(body).filter((call) => call.table === table);
  return calls.reduce((sum, { input }) => sum + (inputs?.[input]?.length ?? meanLength), 0);
}

/** The spec of a model that a point makes of an uncompressed one. */
export function specOfPoint(
  spec: ModelSpec,
  { rank, ranks = {}, dimension, coding }: Partial<PointSettings>,
): ModelSpec {
  const embedding = {
    rows: spec.embedding.rows,
    dimension: dimension ?? spec.embedding.dimension,
    ...(rank !== undefined && { rank }),
    ...(coding && { coding }),
  };
  return withRanks({ ...spec, embedding }, new Map(Object.entries(ranks)));
}

/** Bytes of what stands for a table once a point has compressed it, at most. */
export function pointBytes(table: ModelSpec['embedding'], point: Partial<PointSettings>): number {
  // What the rest of the model is does not matter.
  const spec: ModelSpec = {
    embedding: table,
    body: { kind: 'dan', hidden: [] },
    head: 'softmax',
    classes: 2,
    masked: true,
  };
  return embeddingBytes(layerCosts(specOfPoint(spec, point), 0));
}

function encoderCosts(body: Body, n: number, meanLength: number): LayerCost[] {
  switch (body.kind) {
    case 'dan':
      return [];
    case 'cnn':
      return body.widths.map((width) => convolutionCost(width, n, body.filters, meanLength));
    case 'graph':
      return graphCosts(body, n, meanLength);
    default: {
      const features = encoderWidth(body, n);
      const { parameters, multiplyAdds, others } = recurrentCost(body, n);
      const pooling = body.pooling === 'mean' ? meanLength * features : 0;
      const flops = (2 * multiplyAdds + others) * meanLength;
      return [cost(body.kind, parameters, flops, multiplyAdds * meanLength), cost('pooling', 0, pooling, 0)];
    }
  }
}

/**
 * Of each node, by its name, but for those that neither hold nor compute anything; where padding counts, of a sentence
 * that is padded to the model's length.
 */
function graphCosts(body: GraphBody, n: number, meanLength: number): LayerCost[] {
  const fixed = isPaddingMasked(body, n) ? undefined : body.length;
  const facts = describeGraph(withLength(body, fixed ?? meanLength), n);
  const embeddings = new Set(embeddingCalls(body).map(({ name }) => name));
  return [...facts].flatMap(([name, { weights, flops, multiplyAdds = 0 }]) => {
    if (embeddings.has(name)) return [];
    const parameters = weights.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    return parameters > 0 || flops > 0 ? [cost(`graph/${name}`, parameters, flops, multiplyAdds)] : [];
  });
}

/** With the number of its tokens. @param length of a sentence, where its texts are several that of all together */
function withLength(body: GraphBody, length: number): GraphBody {
  const { inputs } = body;
  if (inputs === undefined) return { ...body, length };
  const known = inputs.reduce((sum, input) => sum + (input.length ?? 0), 0);
  const others = inputs.filter((input) => input.length === undefined).length;
  // Where only bytes matter, no length is given.
  const each = Math.max(0, (length - known) / others);
  return { ...body, inputs: inputs.map((input) => ({ length: each, ...input })) };
}

interface TokenCost {
  readonly parameters: number;
  /** Of a token, as the other operations are. */
  readonly multiplyAdds: number;
  readonly others: number;
}

/** Of both directions of a bidirectional one. */
function recurrentCost(body: Extract<Body, { readonly pooling: unknown }>, n: number): TokenCost {
  const H = body.units;
  switch (body.kind) {
    case 'lstm':
      return lstmCost(n, H, body.peepholes);
    case 'bilstm': {
      const { parameters, multiplyAdds, others } = lstmCost(n, H, false);
      return { parameters: 2 * parameters, multiplyAdds: 2 * multiplyAdds, others: 2 * others };
    }
    case 'gru':
      return {
        parameters: 3 * H * (n + H + 2),
        multiplyAdds: n * 3 * H + H * 3 * H,
        // Two biases a gate; c takes the reset gate's product; h = z h + (1 - z) c takes four a unit.
        others: 6 * H + 5 * H,
      };
  }
}

/** The product of input and last output with the four gates' kernels, their biases, and the cell. */
function lstmCost(n: number, H: number, peepholes: boolean): TokenCost {
  return {
    parameters: 4 * H * (n + H + 1) + (peepholes ? 3 * H : 0),
    multiplyAdds: n * 4 * H + H * 4 * H,
    // c = f c + i g takes three a unit, h = o tanh(c) one; each of three peepholes a product and a sum.
    others: 4 * H + 4 * H + (peepholes ? 6 * H : 0),
  };
}

/**
 * The products of every window, T - W + 1 of them and one at least; the bias is added to the maxima alone. The mean
 * number of windows is taken at the mean length, which is exact where no sentence is shorter than the window.
 */
function convolutionCost(width: number, n: number, filters: number, meanLength: number): LayerCost {
  const windows = Math.max(1, meanLength - width + 1);
  const products = width * n * filters;
  return cost(`conv_${width}`, products + filters, 2 * products * windows + filters, products * windows);
}

function denseCost(layer: string, inputs: number, units: number, biasFree = false): LayerCost {
  const products = inputs * units;
  const biases = biasFree ? 0 : units;
  return cost(layer, products + biases, 2 * products + biases, products);
}

function cost(
  layer: string,
  parameters: number,
  flopsPerSentence: number,
  multiplyAddsPerSentence: number,
): LayerCost {
  const bytes = parameters * bytesPerParameter;
  return {
    layer,
    parameters,
    storageBytes: bytes,
    memoryBytes: bytes,
    multiplyAddsPerSentence,
    flopsPerSentence,
  };
}
