import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { newKernels, type KernelSharing } from './kernels.ts';
import { Workspace, type Matrix, type Multiplier } from './workspace.ts';
import { workspacePool } from './workspacePool.ts';

interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number;
}

/** The native addon of tfjs-node 4.22, of which only the eager C API is used: no tfjs backend, no tape. */
interface Binding {
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): { id: number }[];
  readonly TF_FLOAT: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_Version: string;
}

const requireHere = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);

/**
 * Where the engine lies, in the layout of the package @tensorflow/tfjs-node: the folder that the environment names,
 * which is how the editor passes on the one that it installed, else the package beside the program.
 * @throws Error where there is neither
 */
export function tensorflowFolder(): string {
  const named = process.env.EMBEDDING_PRESS_TENSORFLOW;
  return named !== undefined && named !== ''
    ? named
    : dirname(requireHere.resolve('@tensorflow/tfjs-node/package.json'));
}

function loadBinding(): { binding: Binding; version: string } {
  // TensorFlow reports its CPU features on stderr unless told otherwise before it is loaded.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    const folder = tensorflowFolder();
    const manifest = requireHere(join(folder, 'package.json')) as { version: string };
    const binding = requireHere(join(folder, 'lib/napi-v8/tfjs_binding.node')) as Binding;
    return { binding, version: manifest.version };
  } catch (cause) {
    throw new UserError(
      'tensorflow-missing',
      `The TensorFlow engine cannot be loaded: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}.`,
      "Install it with the editor's command 'Install TensorFlow Engine', or choose the engine 'wasm', which needs nothing.",
    );
  }
}

/**
 * From so many multiplications on, and from so many for each value of the result, a call of TensorFlow wins more than it
 * costs: below, the kernels are as fast, and a result that is large for its work is copied once less.
 */
const worthACall = { multiplications: 1e6, inner: 24 };
/** The same where threads share the kernels' products, which wait less for each other than TensorFlow's do. */
const worthAllThreads = 1e7;

/**
 * TensorFlow's matrix product for large matrices, the kernels for everything else.
 *
 * @param sharing of the kernels' products; how many threads TensorFlow has the environment says
 * @throws UserError `tensorflow-missing` where the native library is not installed.
 */
export function createTensorflowEngine(sharing?: KernelSharing): Engine {
  const { binding, version } = loadBinding();
  const release = (ids: number[]): void => {
    for (const id of ids.splice(0)) binding.deleteTensor(id);
  };
  const registry = new FinalizationRegistry(release);
  return {
    name: 'tensorflow',
    versions: { 'tfjs-node': version, tensorflow: binding.TF_Version },
    ...workspacePool(() => {
      const ids: number[] = [];
      const least = sharing === undefined ? worthACall.multiplications : worthAllThreads;
      const multiplier = multiplierOf(binding, least, ids, () => {
        release(ids);
      });
      // TensorFlow's memory is not the garbage collector's.
      registry.register(multiplier, ids);
      return new Workspace(newKernels(sharing), multiplier);
    }),
  };
}

/**
 * @param least multiplications that a call is made for
 * @param ids to which the tensors of frozen matrices are added, until `release` takes them away
 */
function multiplierOf(binding: Binding, least: number, ids: number[], release: () => void): Multiplier {
  const float: OpAttribute = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const flag = (name: string, value: boolean): OpAttribute => ({ name, type: binding.TF_ATTR_BOOL, value });
  const attributes = [false, true].map((a) =>
    [false, true].map((b) => [float, flag('transpose_a', a), flag('transpose_b', b)]),
  );
  /** Of frozen matrices, in the step under way. */
  const tensors = new Map<Matrix, number>();
  const tensorOf = (matrix: Matrix): number => {
    const known = tensors.get(matrix);
    if (known !== undefined) return known;
    const id = binding.createTensor([matrix.rows, matrix.columns], binding.TF_FLOAT, matrix.data);
    if (matrix.isFrozen) {
      tensors.set(matrix, id);
      ids.push(id);
    }
    return id;
  };
  return {
    multiply({ a, b, transposeA, transposeB, rows, columns }) {
      const inner = transposeA ? a.rows : a.columns;
      if (inner < worthACall.inner || rows * inner * columns < least) return undefined;
      const [idA, idB] = [tensorOf(a), tensorOf(b)];
      const [product] = binding.executeOp(
        'MatMul',
        attributes[Number(transposeA)]?.[Number(transposeB)] ?? [],
        [idA, idB],
        1,
      );
      if (product === undefined) throw new Error('The op gave no output.');
      const data = binding.tensorDataSync(product.id);
      binding.deleteTensor(product.id);
      if (!a.isFrozen) binding.deleteTensor(idA);
      if (!b.isFrozen) binding.deleteTensor(idB);
      return data;
    },
    begin() {
      release();
      tensors.clear();
    },
  };
}
