import { blockRowsOf, findNotFinite, type PassOptions, type RowSource } from './rowSource.ts';
import { lanes, RowWorker, type RowThread, type RowWork } from './rowWork.ts';

type Weights = Float32Array | Float64Array;

/**
 * X^T D X, n x n, in float64, in one pass over the rows.
 *
 * @param weights D's diagonal, m values, none negative; 1 where absent
 * @throws UserError `table-not-finite`; RangeError for weights of another number, negative or not finite
 */
export async function gramOfRows(
  source: RowSource,
  options: PassOptions & { readonly weights?: Weights } = {},
): Promise<Float64Array> {
  const { rows, dimension: n } = source;
  const { weights } = options;
  if (weights !== undefined && weights.length !== rows) {
    throw new RangeError(`${rows} weights expected, ${weights.length} found`);
  }
  const pass = new RowPass(source, { kind: 'gram', n }, options, (n * n) / 2);
  const gram = new Float64Array(n * n);
  try {
    await pass.run(weights);
    const sums = await pass.sums();
    for (let lane = 0; lane < lanes; lane++) {
      sums.get(lane)?.forEach((value, i) => {
        gram[i]! += value;
      });
    }
  } finally {
    await pass.close();
  }
  if (gram.every(Number.isFinite)) return gram;
  // Row weights are ours: were they at fault, it would be a bug.
  throw (await findNotFinite(source)) ?? new RangeError('the row weights are not finite');
}

/**
 * X P^T, block after block in their order, summed in float64.
 *
 * @param directions P, k x n
 * @returns blocks of rows x k
 */
export async function* projectRows(
  source: RowSource,
  directions: Float64Array,
  options: PassOptions = {},
): AsyncGenerator<Float32Array> {
  const work: RowWork = { kind: 'project', n: source.dimension, directions };
  const pass = new RowPass(source, work, options, directions.length);
  try {
    for await (const block of pass.blocks()) if (block !== undefined) yield block;
  } finally {
    await pass.close();
  }
}

/** One pass over the rows of a source, block by block, on this thread and on some beside it. */
class RowPass {
  readonly #source: RowSource;
  readonly #watch: PassOptions['watch'];
  readonly #own: RowWorker;
  readonly #others: RowThread[] = [];

  /** @param multiplications of a row */
  constructor(source: RowSource, work: RowWork, { threads, watch }: PassOptions, multiplications: number) {
    this.#source = source;
    this.#watch = watch;
    this.#own = new RowWorker(work);
    if (threads === undefined) return;
    const worth = Math.ceil((source.rows * multiplications) / threads.worthMultiplications);
    for (let count = 1; count < Math.min(threads.count, lanes, worth); count++) {
      this.#others.push(threads.start(work));
    }
  }

  /** What the work gives for each block, in their order; a few blocks are under way at once. */
  async *blocks(weights?: Weights): AsyncGenerator<Float32Array | undefined> {
    const { rows } = this.#source;
    const count = blockRowsOf(this.#source);
    const threads = 1 + this.#others.length;
    /** Results of blocks that were begun, in order. */
    const begun: Promise<Float32Array | undefined>[] = [];
    let done = 0;
    const next = async (): Promise<Float32Array | undefined> => {
      const result = await begun.shift();
      done = Math.min(rows, done + count);
      await this.#watch?.(done);
      return result;
    };
    // Read ahead, so that the disk works while the processor does.
    const reads: Promise<Float32Array>[] = [];
    let firstUnread = 0;
    for (let index = 0, first = 0; first < rows; index++, first += count) {
      for (; firstUnread < rows && reads.length < 2 * threads; firstUnread += count) {
        const read = this.#read(firstUnread, Math.min(count, rows - firstUnread), firstUnread / count);
        // Where an earlier block fails, nobody waits for this one.
        read.catch(() => undefined);
        reads.push(read);
      }
      const block = (await reads.shift())!;
      const own = weights?.subarray(first, first + count);
      const result = this.#compute(index, block, own);
      result.catch(() => undefined);
      begun.push(result);
      if (begun.length > 2 * threads) yield await next();
    }
    while (begun.length > 0) yield await next();
  }

  /** All blocks, for what is summed over them. */
  async run(weights?: Weights): Promise<void> {
    const blocks = this.blocks(weights);
    while ((await blocks.next()).done !== true);
  }

  /** By lane. */
  async sums(): Promise<Map<number, Float64Array>> {
    const answers = await Promise.all(this.#others.map((thread) => thread.ask('sums')));
    return new Map(
      [this.#own.sums(), ...answers.map(({ sums }) => sums ?? new Map())].flatMap((of) => [...of]),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#others.map((thread) => thread.close()));
  }

  /** The thread that has a block: the main one where undefined. By lane, so that a lane's sums lie together. */
  #threadOf(index: number): RowThread | undefined {
    return this.#others[((index % lanes) % (1 + this.#others.length)) - 1];
  }

  async #read(first: number, count: number, index: number): Promise<Float32Array> {
    const { data, dimension } = this.#source;
    return data !== undefined && this.#threadOf(index) === undefined
      ? data.subarray(first * dimension, (first + count) * dimension)
      : this.#source.readRows(first, count);
  }

  async #compute(index: number, block: Float32Array, weights?: Weights): Promise<Float32Array | undefined> {
    const thread = this.#threadOf(index);
    if (thread === undefined) return this.#own.take(index, block, weights);
    // A copy: of a part of an array all of it would be sent.
    const answer = await thread.ask({
      index,
      block,
      ...(weights !== undefined && { weights: weights.slice() }),
    });
    return answer.result;
  }
}
