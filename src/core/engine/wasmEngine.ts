import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { sep } from 'node:path';
import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { createDenseOptimizer, type DenseOptimizer } from '../training/denseOptimizer.ts';
import type { Engine, Matrix, Variable } from './engine.ts';
import { productSizes } from './engine.ts';

class HostVariable implements Variable {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
  readonly #optimizer: DenseOptimizer;

  constructor(value: Matrix, settings: OptimizerSettings) {
    this.rows = value.rows;
    this.columns = value.columns;
    this.data = value.data.slice();
    this.#optimizer = createDenseOptimizer(settings, value.data.length);
  }

  read(): Float32Array {
    return this.data.slice();
  }

  apply(gradient: Float32Array, rate: number): void {
    this.#optimizer.apply(this.data, gradient, rate);
  }

  state(): ReadonlyMap<string, Tensor> {
    return this.#optimizer.state();
  }

  restore(state: ReadonlyMap<string, Tensor>): void {
    this.#optimizer.restore(state);
  }

  dispose(): void {
    // Host memory; nothing to free.
  }
}

/** XNNPACK is quick for plain products only, so a transposed operand is laid out anew first. */
function transposed(matrix: Matrix): Matrix {
  const { rows, columns, data } = matrix;
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0, from = r * columns, to = r; c < columns; c++, from++, to += rows)
      result[to] = data[from]!;
  }
  return { rows: columns, columns: rows, data: result };
}

/**
 * The WebAssembly engine, which works wherever Node does.
 * @param wasmFolder the folder that holds tfjs-backend-wasm's `.wasm` files.
 */
export async function createWasmEngine(wasmFolder: string): Promise<Engine> {
  setWasmPaths(wasmFolder.endsWith(sep) ? wasmFolder : wasmFolder + sep);
  await tf.setBackend('wasm');
  await tf.ready();
  return {
    name: 'wasm',
    versions: { 'tfjs-backend-wasm': version_wasm },
    matMul(a, b, transposeA = false, transposeB = false): Matrix {
      const [rows, , columns] = productSizes(a, b, transposeA, transposeB);
      const left = transposeA ? transposed(a as Matrix | HostVariable) : (a as Matrix | HostVariable);
      const right = transposeB ? transposed(b as Matrix | HostVariable) : (b as Matrix | HostVariable);
      const leftTensor = tf.tensor2d(left.data, [left.rows, left.columns]);
      const rightTensor = tf.tensor2d(right.data, [right.rows, right.columns]);
      const product = tf.matMul(leftTensor, rightTensor);
      const data = product.dataSync<'float32'>();
      // No tf.tidy: it would search the values that it returns, one by one, for tensors.
      tf.dispose([leftTensor, rightTensor, product]);
      return { rows, columns, data };
    },
    variable: (value, optimizer) => new HostVariable(value, optimizer),
  };
}
