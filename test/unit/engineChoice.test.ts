import assert from 'node:assert/strict';
import type { EngineReport, TensorflowReport } from '../../src/core/engine/engineReport.ts';
import { chooseEngine } from '../../src/editor/engine/engineChoice.ts';
import { checkSettings } from '../../src/editor/settingsRules.ts';

const report = (tensorflow: TensorflowReport): EngineReport => ({ tensorflow, wasm: { versions: {} } });
const there = report({ usable: true, versions: { tensorflow: '2.9.1' }, folder: '/engine' });
const missing = report({ usable: false, reason: 'It is not there.' });

describe('the choice of the engine', () => {
  it('is TensorFlow where it runs and is not ruled out', () => {
    for (const setting of ['auto', 'tensorflow'] as const) {
      const { label, broken, folder } = chooseEngine(setting, there);
      assert.deepEqual(
        { label, broken, folder },
        { label: 'TensorFlow 2.9.1', broken: false, folder: '/engine' },
      );
    }
    for (const found of [there, missing, undefined]) {
      assert.equal(chooseEngine('wasm', found).label, 'WebAssembly');
    }
  });

  it('is WebAssembly where TensorFlow is missing, unless the setting insists', () => {
    assert.deepEqual(
      [chooseEngine('auto', missing)].map(({ label, broken }) => [label, broken]),
      [['WebAssembly', false]],
    );
    const insisted = chooseEngine('tensorflow', missing);
    assert.ok(insisted.broken && insisted.reason.includes('It is not there.'));
  });

  it('tells of a library that ends its process', () => {
    for (const setting of ['auto', 'tensorflow'] as const) assert.ok(chooseEngine(setting, undefined).broken);
  });
});

describe('settings', () => {
  const check = (values: Record<string, unknown>, cores = 8) => checkSettings((name) => values[name], cores);

  it('leave one core free, however many threads a model has', () => {
    for (const cores of [1, 2, 8]) {
      for (const threads of [1, 2, 5]) {
        const { jobs } = check({ threads }, cores).settings;
        assert.ok(jobs >= 1 && (jobs === 1 || jobs * threads < cores), `${jobs} x ${threads} on ${cores}`);
      }
    }
    assert.equal(check({ parallelRuns: 3 }).settings.jobs, 3);
  });

  it('fall back where a value is none that they may have, and tell', () => {
    const wrong = { engine: 'gpu', threads: 0, parallelRuns: 2.5 };
    const { settings, problems } = check(wrong);
    assert.deepEqual(settings, { engine: 'auto', threads: 1, jobs: 7 });
    assert.deepEqual(Object.fromEntries(problems.map(({ setting, value }) => [setting, value])), wrong);
    for (const threads of [-1, 65, '4', Number.NaN, null]) {
      assert.equal(check({ threads }).settings.threads, 1);
      assert.equal(check({ threads }).problems.length, 1);
    }
    assert.deepEqual(check({}).problems, []);
    assert.deepEqual(check({ engine: 'wasm', threads: 64, parallelRuns: 0 }).problems, []);
  });
});
