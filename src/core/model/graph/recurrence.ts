import type { RecurrentSettings } from '../../checkpoint/graph/recurrentRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Parameter } from '../parameter.ts';
import { GruCell } from './gruCell.ts';
import { sentencesOf, type LayerParts, type Signal } from './graphLayer.ts';
import { LstmCell } from './lstmCell.ts';
import type { RecurrentCell } from './recurrentCell.ts';
import { SimpleCell } from './simpleCell.ts';

interface Cache {
  readonly size: number;
  readonly steps: number;
  readonly mask: Uint8Array | undefined;
  /** First rows of the steps, in the order in which they were computed. */
  readonly order: readonly number[];
}

/**
 * A recurrent layer as Keras has it: where the mask does not count a step, the states stay as they were; the output is
 * then that of the step before, or 0. Read backwards, the outputs stand in the order in which they were computed.
 */
export class Recurrence {
  readonly #workspace: Workspace;
  readonly #settings: RecurrentSettings;
  readonly #cell: RecurrentCell;
  #cache: Cache | undefined;

  /** @param prefix before the names of the weights, such as `forward/` */
  constructor(parts: LayerParts, settings: RecurrentSettings, prefix = '') {
    this.#workspace = parts.workspace;
    this.#settings = settings;
    const cells = { LSTM: LstmCell, GRU: GruCell, SimpleRNN: SimpleCell };
    this.#cell = new cells[settings.className](parts, settings, prefix);
  }

  get parameters(): readonly Parameter[] {
    return this.#cell.parameters;
  }

  forward(input: Signal): Signal {
    const [workspace, cell] = [this.#workspace, this.#cell];
    const { units, goBackwards, returnSequences } = this.#settings;
    const { mask, steps = 1 } = input;
    const size = sentencesOf(input);
    const room = (): Matrix => workspace.zeros(steps * size, units);
    const states = Array.from({ length: cell.states }, room);
    const before = Array.from({ length: cell.states }, room);
    const order = Array.from({ length: steps }, (_, s) => (goBackwards ? steps - 1 - s : s) * size);
    cell.begin(size, input.values, before, states);
    order.forEach((at, s) => {
      const last = order[s - 1];
      if (last !== undefined) {
        before.forEach((to, i) => {
          copyRows(states[i]!.rowsFrom(last, size), to.rowsFrom(at, size));
        });
      }
      cell.forward(at, size);
      if (mask === undefined) return;
      for (let b = at; b < at + size; b++) {
        if (mask[b] === 0)
          states.forEach((state, i) => {
            copyRows(before[i]!.rowsFrom(b, 1), state.rowsFrom(b, 1));
          });
      }
    });
    this.#cache = { size, steps, mask, order };
    const outputs = this.#outputs(states[0]!, mask);
    if (!returnSequences)
      return { values: outputs.rowsFrom(order.at(-1)!, size), steps: undefined, mask: undefined };
    return { ...input, values: goBackwards ? turned(workspace, outputs, steps) : outputs };
  }

  backward(gradient: Matrix): Matrix {
    if (this.#cache === undefined) throw new Error('recurrence: backward without forward');
    const [workspace, cell] = [this.#workspace, this.#cell];
    const { units, returnSequences, zeroOutput } = this.#settings;
    const { size, mask, order } = this.#cache;
    const carries = Array.from({ length: cell.states }, () => workspace.zeros(size, units));
    const outputCarry = carries[0]!;
    const stay = carries.map((carry) => new Float32Array(carry.rows * carry.columns));
    cell.beginBackward();
    for (let s = order.length - 1; s >= 0; s--) {
      const at = order[s]!;
      if (returnSequences || s === order.length - 1) {
        const outputs = returnSequences ? gradient.rowsFrom(s * size, size) : gradient;
        // Outputs stand in the order of computation, or, which is the same, in that of the steps.
        addOutputs(outputs, outputCarry, zeroOutput ? mask?.subarray(at, at + size) : undefined);
      }
      const passing = mask === undefined ? [] : rowsPassing(mask, at, size);
      for (const b of passing) {
        carries.forEach((carry, i) => {
          const row = carry.rowsFrom(b, 1).data;
          stay[i]!.set(row, b * units);
          row.fill(0);
        });
      }
      cell.backward(at, size, carries);
      for (const b of passing) {
        carries.forEach((carry, i) => {
          carry.rowsFrom(b, 1).data.set(stay[i]!.subarray(b * units, (b + 1) * units));
        });
      }
    }
    return cell.endBackward();
  }

  #outputs(hidden: Matrix, mask: Uint8Array | undefined): Matrix {
    if (mask === undefined || !this.#settings.zeroOutput) return hidden;
    const outputs = this.#workspace.matrix(hidden.rows, hidden.columns);
    copyRows(hidden, outputs);
    for (let row = 0; row < mask.length; row++) {
      if (mask[row] === 0) outputs.rowsFrom(row, 1).data.fill(0);
    }
    return outputs;
  }
}

/** The steps in reverse. */
export function turned(workspace: Workspace, values: Matrix, steps: number): Matrix {
  const size = values.rows / steps;
  const result = workspace.matrix(values.rows, values.columns);
  for (let t = 0; t < steps; t++) {
    copyRows(values.rowsFrom(t * size, size), result.rowsFrom((steps - 1 - t) * size, size));
  }
  return result;
}

function copyRows(from: Matrix, to: Matrix): void {
  to.data.set(from.data);
}

/** @param mask of the outputs that are not 0 whatever the state is */
function addOutputs(outputs: Matrix, carry: Matrix, mask: Uint8Array | undefined): void {
  const [from, to] = [outputs.data, carry.data];
  const width = carry.columns;
  for (let i = 0; i < to.length; i++) {
    if (mask?.[Math.floor(i / width)] !== 0) to[i]! += from[i]!;
  }
}

/** Sentences of a step that the mask does not count. */
function rowsPassing(mask: Uint8Array, at: number, size: number): number[] {
  const rows: number[] = [];
  for (let b = 0; b < size; b++) if (mask[at + b] === 0) rows.push(b);
  return rows;
}
