import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** An address in the kernels' memory, in bytes; 0 is none. */
type At = number;

/** What the kernels' file exports; kernels/ says what each does. */
export interface KernelFunctions {
  matMul(
    a: At,
    aRow: number,
    aColumn: number,
    b: At,
    bRow: number,
    bColumn: number,
    c: At,
    cRow: number,
    m: number,
    k: number,
    n: number,
    accumulate: boolean,
    scratch: At,
  ): void;
  packPanels(b: At, bRow: number, bColumn: number, k: number, n: number, panels: At): void;
  matMulPacked(
    a: At,
    panels: At,
    c: At,
    m: number,
    k: number,
    n: number,
    accumulate: boolean,
    scratch: At,
  ): void;
  addBias(y: At, bias: At, rows: number, columns: number, relu: boolean): void;
  reluBackward(y: At, gradient: At, count: number): void;
  columnSums(x: At, rows: number, columns: number, sums: At): void;
  add(to: At, from: At, count: number): void;
  dropUnits(x: At, factors: At, y: At, count: number, threshold: number, keep: number): void;
  multiply(x: At, factors: At, count: number): void;
  transpose(from: At, rows: number, columns: number, to: At): void;
  average(table: At, width: number, tokens: At, stride: number, lengths: At, size: number, means: At): void;
  gather(table: At, width: number, tokens: At, count: number, to: At): void;
  uniqueRows(tokens: At, count: number, slotOfRow: At, rows: At, slots: At): number;
  scatter(gradients: At, width: number, slots: At, count: number, rowGradients: At): void;
  scatterMeans(gradients: At, width: number, slots: At, lengths: At, size: number, rowGradients: At): void;
  update(
    rule: number,
    values: At,
    first: At,
    second: At,
    gradients: At,
    count: number,
    rate: number,
    a: number,
    b: number,
    epsilon: number,
  ): void;
  updateRows(
    rule: number,
    table: At,
    first: At,
    second: At,
    width: number,
    rows: At,
    count: number,
    gradients: At,
    rate: number,
    a: number,
    b: number,
    epsilon: number,
  ): void;
  packRows(data: At, rows: number, n: number, weights: At, packed: At): void;
  addGram(packed: At, rows: number, panels: number, sums: At): void;
  project(data: At, rows: number, n: number, directions: At, panels: number, projected: At): void;
  nearest(rows: At, width: number, count: number, panels: At, panelCount: number, codes: At): void;
  gatesForward(
    gates: At,
    cellsBefore: At,
    cells: At,
    hidden: At,
    active: number,
    units: number,
    peephole: At,
  ): void;
  gatesBackward(
    gates: At,
    cellsBefore: At,
    cells: At,
    hiddenGradients: At,
    cellGradients: At,
    gateGradients: At,
    active: number,
    units: number,
    peephole: At,
  ): void;
  peepholesBackward(
    gateGradients: At,
    cellsBefore: At,
    cells: At,
    active: number,
    units: number,
    gradient: At,
  ): void;
  gruForward(gates: At, inner: At, before: At, hidden: At, active: number, units: number): void;
  gruBackward(
    gates: At,
    inner: At,
    before: At,
    hiddenGradients: At,
    gateGradients: At,
    innerGradients: At,
    active: number,
    units: number,
  ): void;
  poolStep(
    from: At,
    to: At,
    order: At,
    lengths: At,
    active: number,
    units: number,
    step: number,
    mean: boolean,
  ): void;
  poolStepBackward(
    from: At,
    to: At,
    order: At,
    lengths: At,
    active: number,
    units: number,
    step: number,
    mean: boolean,
  ): void;
  gatherWindows(rows: At, width: number, span: number, firsts: At, count: number, windows: At): void;
  maxOverTime(
    values: At,
    filters: number,
    offsets: At,
    firsts: At,
    size: number,
    maxima: At,
    winners: At,
  ): void;
  windowsBackward(
    gradients: At,
    winners: At,
    size: number,
    filters: number,
    rows: At,
    width: number,
    span: number,
    kernels: At,
    rowGradients: At,
    kernelGradients: At,
  ): void;
}

/** The part of JavaScript's WebAssembly that is used; its types come with those of a browser. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
};

const pageBytes = 65_536;
/** All that 32 bits address. */
const mostPages = 65_536;

export interface KernelInstance {
  readonly functions: KernelFunctions;
  readonly memory: WasmMemory;
  /** That compute at once: each needs scratch memory of its own, one after the other. */
  readonly threads: number;
  readonly runParts: KernelThreads['runParts'];
}

/** Threads that call kernels in a model's memory, which the result does not depend on. */
export interface KernelSharing {
  /** The caller's among them. */
  readonly threads: number;
  start(shared: SharedKernels): KernelThreads;
}

export interface KernelThreads {
  /** The kernel of that name, whose larger products all threads compute. */
  readonly matMul: KernelFunctions['matMul'];
  /** Runs all parts of some work, each on a thread if there are as many. */
  readonly runParts: (parts: readonly KernelPart[]) => void;
}

/**
 * Calls of kernels, with whole numbers alone, that no other part depends on. It is not said when they are made: a part
 * cannot read what its calls write.
 */
export type KernelPart = (kernels: KernelFunctions) => void;

export interface SharedKernels {
  /** For Node's threads. */
  readonly script: string;
  readonly module: object;
  readonly memory: WasmMemory;
  readonly functions: KernelFunctions;
}

/** With a multiplication and an addition in one instruction, for engines that know it; and without. */
export type KernelSet = 'kernels.fused' | 'kernels';

const compiled = new Map<string, object>();
let best: KernelSet | undefined;

/**
 * The kernels, with a memory of their own.
 *
 * @param set the quickest that this engine knows, unless it is named
 */
export function newKernels(sharing?: KernelSharing, set: KernelSet = bestSet()): KernelInstance {
  const shared = sharing !== undefined;
  const file = `${set}${shared ? '.shared' : ''}.wasm`;
  let module = compiled.get(file);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(pathOf(file)));
    compiled.set(file, module);
  }
  const memory = new WebAssembly.Memory({ initial: 16, maximum: mostPages, shared });
  const abort = (): never => {
    throw new Error('A kernel was aborted.');
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
  const functions = instance.exports as KernelFunctions;
  if (!shared) {
    const runParts: KernelThreads['runParts'] = (parts) => {
      for (const part of parts) part(functions);
    };
    return { functions, memory, threads: 1, runParts };
  }
  const { matMul, runParts } = sharing.start({
    script: pathOf('kernelThread.mjs'),
    module,
    memory,
    functions,
  });
  return { functions: { ...functions, matMul }, memory, threads: sharing.threads, runParts };
}

function bestSet(): KernelSet {
  // Node 20 has these instructions under a flag; the next version of its engine, without one.
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  best ??= WebAssembly.validate(readFileSync(pathOf('kernels.fused.wasm'))) ? 'kernels.fused' : 'kernels';
  return best;
}

/** Beside the bundle; of the sources, where `npm run build` and the tests compile it to. */
function pathOf(file: string): string {
  const folder = typeof __dirname === 'string' ? __dirname : fileURLToPath(new URL('.', import.meta.url));
  const beside = join(folder, file);
  return existsSync(beside) ? beside : join(folder, '../../../out/kernels', file);
}

/** Makes the memory hold so many bytes. @throws RangeError where the machine has no such room */
export function growMemory(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return;
  if (bytes > mostPages * pageBytes) throw new RangeError(`${bytes} bytes are more than a model can take.`);
  // In large steps: every growth makes new views necessary.
  const wanted = Math.min(mostPages, Math.ceil(Math.max(bytes, 1.25 * memory.buffer.byteLength) / pageBytes));
  memory.grow(wanted - memory.buffer.byteLength / pageBytes);
}
