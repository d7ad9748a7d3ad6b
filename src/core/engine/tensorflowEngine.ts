import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Tensor } from '../checkpoint/checkpoint.ts';
import { UserError } from '../errors.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Engine, Matrix, Variable } from './engine.ts';
import { productSizes } from './engine.ts';

interface OpAttribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
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
  readonly TF_ATTR_SHAPE: number;
  readonly TF_ATTR_STRING: number;
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
 * TensorFlow's kernels by direct eager ops.
 * @throws UserError `tensorflow-missing` where the native library is not installed.
 */
export function createTensorflowEngine(): Engine {
  const { binding, version } = loadBinding();
  const float: OpAttribute = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const dtype: OpAttribute = { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const unlocked: OpAttribute = { name: 'use_locking', type: binding.TF_ATTR_BOOL, value: false };

  const flag = (name: string, value: boolean): OpAttribute => ({ name, type: binding.TF_ATTR_BOOL, value });
  const products = [false, true].map((a) =>
    [false, true].map((b) => [float, flag('transpose_a', a), flag('transpose_b', b)]),
  );

  const create = (shape: number[], values: Float32Array): number =>
    binding.createTensor(shape, binding.TF_FLOAT, values);
  const scalar = (value: number): number => create([], Float32Array.of(value));
  const first = (outputs: { id: number }[]): number => {
    const output = outputs[0];
    if (output === undefined) throw new Error('The op gave no output.');
    return output.id;
  };
  const run = (op: string, attributes: OpAttribute[], inputs: number[]): void => {
    for (const output of binding.executeOp(op, attributes, inputs, 0)) binding.deleteTensor(output.id);
  };
  const readResource = (handle: number): number =>
    first(binding.executeOp('ReadVariableOp', [dtype], [handle], 1));

  /** A resource of TensorFlow's, holding one matrix. */
  function createResource(rows: number, columns: number, values: Float32Array): number {
    const handle = first(
      binding.executeOp(
        'VarHandleOp',
        [
          { name: 'container', type: binding.TF_ATTR_STRING, value: '' },
          // A name of its own keeps variables of one process apart.
          { name: 'shared_name', type: binding.TF_ATTR_STRING, value: `variable-${nextResource++}` },
          dtype,
          { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [rows, columns] },
        ],
        [],
        1,
      ),
    );
    assign(handle, rows, columns, values);
    return handle;
  }
  function assign(handle: number, rows: number, columns: number, values: Float32Array): void {
    // The resource may keep the tensor's memory, so it gets a copy of its own.
    const value = create([rows, columns], values.slice());
    run('AssignVariableOp', [dtype, flag('validate_shape', false)], [handle, value]);
    binding.deleteTensor(value);
  }
  function destroy(handle: number): void {
    run('DestroyResourceOp', [flag('ignore_lookup_error', true)], [handle]);
    binding.deleteTensor(handle);
  }
  let nextResource = 0;

  class ResourceVariable implements Variable {
    readonly rows: number;
    readonly columns: number;
    readonly #settings: OptimizerSettings;
    readonly #handle: number;
    /** Adam: m and v. Adagrad: the accumulator. */
    readonly #slots: readonly { readonly name: string; readonly handle: number }[];
    #step = 0;
    /** The value as a tensor, kept between products until the next step. */
    #value: number | undefined;

    constructor(value: Matrix, settings: OptimizerSettings) {
      this.rows = value.rows;
      this.columns = value.columns;
      this.#settings = settings;
      this.#handle = createResource(value.rows, value.columns, value.data);
      const slot = (name: string, fill: number): { name: string; handle: number } => ({
        name,
        handle: createResource(value.rows, value.columns, new Float32Array(value.data.length).fill(fill)),
      });
      this.#slots =
        settings.name === 'adam'
          ? [slot('m', 0), slot('v', 0)]
          : settings.name === 'adagrad'
            ? [slot('accumulator', settings.initialAccumulator)]
            : [];
    }

    tensor(): number {
      return (this.#value ??= readResource(this.#handle));
    }

    read(): Float32Array {
      return binding.tensorDataSync(this.tensor()).slice();
    }

    apply(gradient: Float32Array, rate: number): void {
      this.#release();
      this.#step++;
      const { op, attributes, scalars } = this.#update(rate);
      const slots = this.#slots.map((slot) => slot.handle);
      const values = [...scalars.map(scalar), create([this.rows, this.columns], gradient)];
      run(op, [float, unlocked, ...attributes], [this.#handle, ...slots, ...values]);
      for (const id of values) binding.deleteTensor(id);
    }

    /** TensorFlow's fused update: its inputs are the variable, the slots, these scalars and the gradient. */
    #update(rate: number): { op: string; attributes: OpAttribute[]; scalars: number[] } {
      const settings = this.#settings;
      switch (settings.name) {
        case 'adam': {
          const { beta1, beta2, epsilon } = settings;
          const scalars = [beta1 ** this.#step, beta2 ** this.#step, rate, beta1, beta2, epsilon];
          return { op: 'ResourceApplyAdam', attributes: [flag('use_nesterov', false)], scalars };
        }
        case 'adagrad': {
          const scalars = [rate, settings.epsilon];
          return { op: 'ResourceApplyAdagradV2', attributes: [flag('update_slots', true)], scalars };
        }
        case 'sgd':
          return { op: 'ResourceApplyGradientDescent', attributes: [], scalars: [rate] };
      }
    }

    state(): Map<string, Tensor> {
      const shape = [this.rows, this.columns];
      const state = new Map<string, Tensor>([['step', { shape: [1], data: Float32Array.of(this.#step) }]]);
      for (const { name, handle } of this.#slots) {
        const id = readResource(handle);
        state.set(name, { shape, data: binding.tensorDataSync(id).slice() });
        binding.deleteTensor(id);
      }
      return state;
    }

    restore(state: ReadonlyMap<string, Tensor>): void {
      this.#step = state.get('step')?.data[0] ?? 0;
      for (const { name, handle } of this.#slots) {
        const saved = state.get(name);
        if (saved?.data.length !== this.rows * this.columns) {
          throw new Error(`The optimizer's state lacks '${name}' of ${this.rows} x ${this.columns}.`);
        }
        assign(handle, this.rows, this.columns, saved.data);
      }
    }

    dispose(): void {
      this.#release();
      [this.#handle, ...this.#slots.map((slot) => slot.handle)].forEach(destroy);
    }

    #release(): void {
      if (this.#value !== undefined) binding.deleteTensor(this.#value);
      this.#value = undefined;
    }
  }

  return {
    name: 'tensorflow',
    versions: { 'tfjs-node': version, tensorflow: binding.TF_Version },
    matMul(a, b, transposeA = false, transposeB = false): Matrix {
      const [rows, , columns] = productSizes(a, b, transposeA, transposeB);
      const idA =
        a instanceof ResourceVariable ? a.tensor() : create([a.rows, a.columns], (a as Matrix).data);
      const idB =
        b instanceof ResourceVariable ? b.tensor() : create([b.rows, b.columns], (b as Matrix).data);
      const attributes = products[Number(transposeA)]?.[Number(transposeB)] ?? [];
      const product = first(binding.executeOp('MatMul', attributes, [idA, idB], 1));
      const data = binding.tensorDataSync(product);
      binding.deleteTensor(product);
      if (!(a instanceof ResourceVariable)) binding.deleteTensor(idA);
      if (!(b instanceof ResourceVariable)) binding.deleteTensor(idB);
      return { rows, columns, data };
    },
    variable: (value, optimizer) => new ResourceVariable(value, optimizer),
  };
}
