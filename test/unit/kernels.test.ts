import assert from 'node:assert/strict';
import { newKernels, type KernelSet } from '../../src/core/engine/kernels.ts';
import { Workspace, type Matrix } from '../../src/core/engine/workspace.ts';
import { Random } from '../../src/core/random.ts';

const sets: readonly KernelSet[] = ['kernels', 'kernels.fused'];

for (const set of sets) {
  describe(set, () => {
    let workspace: Workspace;
    const random = new Random(4);

    before(() => {
      // So that an engine that has the fused instructions under a flag is told of it.
      newKernels();
      workspace = new Workspace(newKernels(undefined, set));
    });

    const sizes = [
      [1, 5, 9],
      [3, 300, 8],
      [4, 256, 8],
      [7, 257, 21],
      [64, 100, 128],
      [131, 30, 13],
      [67, 40, 24],
      [258, 513, 5],
      [142, 20, 17],
    ] as const;
    for (const [m, k, n] of sizes) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
      ] as const) {
        const shown = `${m} x ${k}${transposeA ? ' (transposed)' : ''} by ${k} x ${n}${transposeB ? ' (transposed)' : ''}`;
        it(`multiplies ${shown}, and adds to what is there, to float32's rounding`, () => {
          workspace.begin();
          const [a, b, c] = [workspace.matrix(m, k), workspace.matrix(k, n), workspace.matrix(m, n)];
          const [x, y, z] = [a, b, c].map(({ data }) => data.map(() => random.normal()));
          a.data.set(x!);
          b.data.set(y!);
          const multiply = (accumulate: boolean): void => {
            const [aRow, aColumn] = transposeA ? [4, 4 * m] : [4 * k, 4];
            const [bRow, bColumn] = transposeB ? [4, 4 * k] : [4 * n, 4];
            const room = workspace.matrix(1, 4096);
            const { kernels } = workspace;
            kernels.matMul(
              a.at,
              aRow,
              aColumn,
              b.at,
              bRow,
              bColumn,
              c.at,
              4 * n,
              m,
              k,
              n,
              accumulate,
              room.at,
            );
          };
          const check = (before: Float32Array | undefined): void => {
            for (let i = 0; i < m; i++) {
              for (let j = 0; j < n; j++) {
                let [sum, size] = [before?.[i * n + j] ?? 0, 1];
                for (let p = 0; p < k; p++) {
                  const product =
                    x![transposeA ? p * m + i : i * k + p]! * y![transposeB ? j * k + p : p * n + j]!;
                  sum += product;
                  size += Math.abs(product);
                }
                const off = Math.abs(c.data[i * n + j]! - sum);
                assert.ok(off < 2 ** -20 * size, `(${i}, ${j}) is off by ${off}`);
              }
            }
          };
          multiply(false);
          check(undefined);
          c.data.set(z!);
          multiply(true);
          check(z);
        });
      }
    }

    for (const [m, k, n] of sizes) {
      it(`multiplies ${m} x ${k} by a packed ${k} x ${n} as by the same one in its place, and part by part`, () => {
        workspace.begin();
        const [a, b] = [workspace.matrix(m, k), workspace.matrix(k, n)];
        for (const { data } of [a, b]) data.set(data.map(() => random.normal()));
        const before = Float32Array.from({ length: m * n }, () => random.normal());
        const [whole, packed, parts] = [0, 1, 2].map(() => workspace.matrix(m, n)) as [
          Matrix,
          Matrix,
          Matrix,
        ];
        const right = workspace.rightFactor(b, m);
        for (const accumulate of [false, true]) {
          for (const { data } of [whole, packed, parts]) data.set(before);
          const room = workspace.matrix(1, 4096).at;
          const { kernels } = workspace;
          kernels.matMul(a.at, 4 * k, 4, b.at, 4 * n, 4, whole.at, 4 * n, m, k, n, accumulate, room);
          workspace.multiplyInto(a, right, packed, accumulate);
          assert.deepEqual(packed.data, whole.data);
          const first = 4 * Math.floor(m / 8);
          for (const [from, rows] of [
            [0, first],
            [first, m - first],
          ] as const) {
            if (rows > 0)
              workspace.multiplyInto(a.rowsFrom(from, rows), right, parts.rowsFrom(from, rows), accumulate);
          }
          assert.deepEqual(parts.data, whole.data);
        }
      });
    }

    it('gives sigmoid and tanh to 4e-7, and NaN for NaN', () => {
      const values = [
        ...Array.from({ length: 40_000 }, (_, i) => (i - 20_000) / 1000),
        ...[1e-30, -1e-7, 88, -88, 1000, -1000, 3e38, -3e38, Infinity, -Infinity, NaN],
      ];
      const units = values.length;
      workspace.begin();
      const gates = workspace.matrix(1, 4 * units);
      const [cells, hidden] = [workspace.matrix(1, units), workspace.matrix(1, units)];
      gates.data.set([...values, ...values, ...values, ...values]);
      workspace.kernels.gatesForward(gates.at, 0, cells.at, hidden.at, 1, units, 0);
      const { data } = gates;
      const float = Math.fround;
      values.forEach((value, i) => {
        const [sigmoid, tanh] = [1 / (1 + Math.exp(-float(value))), Math.tanh(float(value))];
        const [ofI, ofF, ofC, ofO] = [0, 1, 2, 3].map((gate) => data[gate * units + i]!);
        for (const found of [ofI, ofF, ofO]) assertNear(found!, sigmoid, value);
        assertNear(ofC!, tanh, value);
        assert.ok(!(Math.abs(ofC!) > 1), `|tanh(${value})| > 1`);
        assertNear(hidden.data[i]!, sigmoid * Math.tanh(sigmoid * tanh), value);
      });
    });
  });
}

function assertNear(found: number, expected: number, of: number): void {
  const near = Number.isNaN(expected) ? Number.isNaN(found) : Math.abs(found - expected) < 4e-7;
  assert.ok(near, `${found} for ${of}, where ${expected} is expected`);
}
