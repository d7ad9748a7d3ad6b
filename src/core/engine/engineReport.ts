import { UserError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { createTensorflowEngine, tensorflowFolder } from './tensorflowEngine.ts';
import { createWasmEngine } from './wasmEngine.ts';

export type Versions = Readonly<Record<string, string>>;

/** TensorFlow on this machine. */
export type TensorflowReport =
  | { readonly usable: true; readonly versions: Versions; readonly folder: string }
  | { readonly usable: false; readonly reason: string };

/** What there is to compute with. */
export interface EngineReport {
  readonly tensorflow: TensorflowReport;
  /** Always usable: it is part of the program. */
  readonly wasm: { readonly versions: Versions };
}

/** Starts each engine and has it multiply two matrices. A native library that does not fit ends the process. */
export function reportEngines(): EngineReport {
  const wasm = createWasmEngine();
  checkProduct(wasm);
  return { tensorflow: reportTensorflow(), wasm: { versions: wasm.versions } };
}

function reportTensorflow(): TensorflowReport {
  try {
    const engine = createTensorflowEngine();
    checkProduct(engine);
    return { usable: true, versions: engine.versions, folder: tensorflowFolder() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { usable: false, reason: error.message };
  }
}

/** Large enough for an engine to take a product itself. */
const size = 200;

function checkProduct(engine: Engine): void {
  const workspace = engine.workspace();
  workspace.begin();
  const [a, b] = [workspace.matrix(size, size), workspace.matrix(size, size)];
  // Small whole numbers: their sums are exact.
  a.data.forEach((_, i, values) => (values[i] = (i % 7) - 3));
  b.data.forEach((_, i, values) => (values[i] = (i % 5) - 2));
  const found = workspace.matMul(a, b).data;
  const [left, right] = [a.data, b.data];
  for (let row = 0; row < size; row += 33) {
    for (let column = 0; column < size; column += 33) {
      let expected = 0;
      for (let i = 0; i < size; i++) {
        expected += (left[row * size + i] ?? 0) * (right[i * size + column] ?? 0);
      }
      const value = found[row * size + column] ?? NaN;
      if (value === expected) continue;
      throw new UserError(
        'engine-wrong',
        `The engine ${engine.name} multiplies matrices wrongly: ${value} instead of ${expected}.`,
        'Install it anew, or choose another engine.',
      );
    }
  }
}
