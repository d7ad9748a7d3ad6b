import assert from 'node:assert/strict';
import { measureRedraws } from '../workbench/panelSpeed.ts';

/** A frame at 60 a second. */
const frameMs = 16;

describe('the panel of a long training', function () {
  this.timeout(120_000);

  it('is drawn anew within a frame at 10,000 steps', async () => {
    const times = await measureRedraws(10_000);
    // What else goes on in the machine can only lengthen it.
    const quarter = times[Math.floor(times.length / 4)]!;
    assert.ok(quarter < frameMs, `${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  });
});
