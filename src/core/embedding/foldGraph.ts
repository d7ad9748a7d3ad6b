import type { ModelSpec, Tensor } from '../checkpoint/checkpoint.ts';
import type { GraphBody } from '../checkpoint/graphBody.ts';
import { foldKernel, type Segment } from './foldKernel.ts';
import { walkFold } from './foldWalk.ts';

interface FoldedGraph {
  readonly body: GraphBody;
  /** The kernels and biases that are others now. */
  readonly changed: ReadonlyMap<string, Tensor>;
  /** Names before those of weights that are gone. */
  readonly gone: readonly string[];
}

/**
 * Multiplies each table's B into every kernel that meets its vectors: see `walkFold`.
 *
 * @param factors B of the tables that are factorized, by their names
 * @param weights of the model, by our names
 * @throws UserError `not-foldable` that names the layer in the way
 */
export function foldGraph(
  { body, embedding, biasFree }: ModelSpec & { readonly body: GraphBody },
  factors: ReadonlyMap<string, Tensor>,
  weights: ReadonlyMap<string, Tensor>,
): FoldedGraph {
  const changed = new Map<string, Tensor>();
  const weight = (name: string): Tensor => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`The model has no ${name}.`);
    return found;
  };
  const replaced = walkFold(body, embedding.dimension, {
    biasFree,
    starts: new Map([...factors].map(([name, B]) => [name, { width: B.shape[1] ?? 0, map: B }])),
    foldInto(prefix, segments) {
      const { kernel, shift } = foldKernel(weight(`${prefix}kernel`), segments);
      changed.set(`${prefix}kernel`, kernel);
      if (shift === undefined) return;
      const bias = weight(`${prefix}bias`);
      // Of a GRU's two biases the first one is the input's.
      const data = bias.data.map((b, i) => b + (shift[i] ?? 0));
      changed.set(`${prefix}bias`, { shape: bias.shape, data });
    },
    normalize(prefix, segments, epsilon) {
      const part = (name: string): Tensor | undefined => weights.get(`${prefix}${name}`);
      const [mean, variance] = [weight(`${prefix}moving_mean`), weight(`${prefix}moving_variance`)];
      const scales = Float64Array.from(
        variance.data,
        (v, c) => (part('gamma')?.data[c] ?? 1) / Math.sqrt(v + epsilon),
      );
      const shifts = scales.map((scale, c) => (part('beta')?.data[c] ?? 0) - scale * mean.data[c]!);
      return normalized(segments, scales, shifts);
    },
  });
  return {
    body: without(replaced, body, factors),
    changed,
    gone: [...replaced.keys()].map((name) => `graph/${name}/`),
  };
}

/** Each number of y times its scale, plus its shift. */
function normalized(segments: readonly Segment[], scales: Float64Array, shifts: Float64Array): Segment[] {
  let from = 0;
  return segments.map(({ width, map, shift }) => {
    const [scale, add] = [scales.subarray(from, from + width), shifts.subarray(from, from + width)];
    from += width;
    const rows = map?.shape[0] ?? width;
    const data = new Float32Array(rows * width);
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < width; c++) {
        data[i * width + c] = (map === undefined ? Number(i === c) : map.data[i * width + c]!) * scale[c]!;
      }
    }
    return {
      width,
      map: { shape: [rows, width], data },
      shift: add.map((value, c) => value + (shift?.[c] ?? 0) * scale[c]!),
    };
  });
}

/** The graph of what is left, whose tables are the A themselves. */
function without(
  replaced: ReadonlyMap<string, string>,
  { names, ...body }: GraphBody,
  factors: ReadonlyMap<string, Tensor>,
): GraphBody {
  const nodes = body.nodes
    .filter(({ name }) => !replaced.has(name))
    .map((node) => ({ ...node, inputs: node.inputs.map((input) => replaced.get(input) ?? input) }))
    .map((node) => {
      const B = factors.get(node.name);
      if (B === undefined) return node;
      const { rank: _rank, ...config } = node.config;
      return { ...node, config: { ...config, output_dim: B.shape[0] } };
    });
  if (names === undefined) return { ...body, nodes };
  const { factor: _, factors: _factors, ...kept } = names;
  return { ...body, nodes, names: kept };
}
