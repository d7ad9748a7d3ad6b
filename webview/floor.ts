import { paretoFront, selectSmallest } from '../src/core/sweep/results.ts';
import type { Target } from '../src/core/search/halving.ts';
import type { ModelRow, ModelRows } from './modelRows.ts';

/** What a user gives up who has said nothing else: a hundredth of the better uncompressed model's accuracy. */
const GIVEN = 0.01;
/** Floors are whole thousandths, as accuracies are written. */
const STEPS = 1000;

/** That of the run's search, if it has one; else unknown until the uncompressed model has been measured. */
export function defaultFloor({ baseline, control }: ModelRows, target?: Target): number | undefined {
  if (target?.kind === 'accuracy') return target.floor;
  const accuracies = [baseline, control].flatMap((row) => (row === undefined ? [] : [row.after.mean]));
  // Down, so that a model that loses just that much reaches it.
  return accuracies.length === 0 ? undefined : toFloor(Math.max(...accuracies) - GIVEN, Math.floor);
}

/** The nearest floor that there is. */
export function toFloor(accuracy: number, round: (value: number) => number = Math.round): number {
  // 0.83 - 0.01 is a hair below 0.82.
  const steps = round(Number((accuracy * STEPS).toFixed(6)));
  return Math.min(1, Math.max(0, steps / STEPS));
}

/** The smallest point that reaches the floor on the validation set. */
export function smallestAbove(points: readonly ModelRow[], floor: number): ModelRow | undefined {
  return selectSmallest(points.map(score), floor)?.row;
}

/** The points that no other beats in size and validation accuracy at once, smallest first. */
export function frontOf(points: readonly ModelRow[]): ModelRow[] {
  return paretoFront(points.map(score)).map(({ row }) => row);
}

/** The most accurate point on the validation set, the smallest of equals. */
export function mostAccurate(points: readonly ModelRow[]): ModelRow | undefined {
  return frontOf(points).at(-1);
}

function score(row: ModelRow): { row: ModelRow; storageBytes: number; validationAccuracy: number } {
  return { row, storageBytes: row.storageBytes, validationAccuracy: row.after.mean };
}
