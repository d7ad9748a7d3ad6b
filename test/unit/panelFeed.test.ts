import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '../../src/core/sweep/trial.ts';
import { PanelFeed } from '../../src/editor/panelFeed.ts';
import type { HostMessage } from '../../src/editor/panelProtocol.ts';
import { EventLog, EventTail } from '../../src/process/eventLog.ts';
import { runPaths } from '../../src/process/runFolder.ts';
import type { RunStatus } from '../../src/process/runStatus.ts';
import { RunModel } from '../../webview/runModel.ts';
import { trialResult } from '../support/trialResult.ts';

const status: RunStatus = {
  run: 'r',
  recipe: 'sample',
  recipePath: '/r.press.json',
  state: 'running',
  pid: 1,
  engine: 'wasm',
  startedAt: 0,
  updatedAt: 0,
  epochsDone: 0,
  epochsTotal: 10,
  trials: [],
};

const step = (i: number): RunEvent => ({
  type: 'step',
  time: 1.7e12 + i,
  trial: `task-k${i % 20}-s1`,
  step: i,
  epoch: Math.floor(i / 1000),
  rate: 0.001,
  loss: 0.5 + 1 / (i + 1),
});
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(step(from + i))}\n`).join('');

describe('a run that has ended', () => {
  it('keeps its test figures, also where its events come in several messages', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'press-ended-'));
    try {
      const tested = { ...trialResult, testAccuracy: 0.79 };
      const event = { type: 'result', time: 0, result: trialResult };
      await writeFile(runPaths(folder).events, `${lines(0, 3000)}${JSON.stringify(event)}\n`);
      await writeFile(runPaths(folder).results, JSON.stringify({ points: [tested] }));
      const posted: HostMessage[] = [];
      const feed = new PanelFeed(
        folder,
        (message) => posted.push(message),
        (error) => {
          throw error;
        },
      );
      feed.snapshot({ ...status, state: 'done' });
      const [first] = await waitFor(posted, 4);
      assert.ok(first?.type === 'snapshot');
      const model = new RunModel(first.run, first.status);
      for (const message of posted) {
        if ('events' in message) model.applyAll(message.events);
        if ('results' in message) model.setResults(message.results);
      }
      assert.deepEqual(model.finished(), [tested]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a run that has failed', () => {
  it('names the file and the line', async () => {
    const posted: HostMessage[] = [];
    const feed = new PanelFeed(tmpdir(), (message) => posted.push(message), assert.ifError);
    const place = { file: '/data/train.tsv', line: 7 };
    const error = { code: 'bad-row', message: 'One field.', hint: 'Add a label.', place, badInput: true };
    feed.snapshot({ ...status, state: 'failed', error });
    const [first] = await waitFor(posted, 1);
    assert.ok(first?.type === 'snapshot');
    const shown = { message: 'One field.', hint: 'Add a label.', place: 'train.tsv, line 7' };
    assert.deepEqual(first.status.error, shown);
  });
});

async function waitFor(posted: readonly HostMessage[], count: number): Promise<readonly HostMessage[]> {
  while (posted.length < count) await delay(5);
  return posted;
}

describe('the events of a long run', () => {
  let folder: string;
  const count = 100_000;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-events-'));
    await writeFile(runPaths(folder).events, lines(0, count));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('are read whole, with what is added later, and a torn line only when it is whole', async () => {
    const { events } = runPaths(folder);
    const copy = join(folder, 'copy.jsonl');
    await writeFile(copy, lines(0, 5000));
    const tail = new EventTail(copy);
    assert.deepEqual((await tail.read()).at(-1), step(4999));
    assert.deepEqual(await tail.read(), []);
    const whole = lines(5000, 5002);
    await appendFile(copy, whole.slice(0, -5));
    assert.deepEqual(await tail.read(), [step(5000)]);
    await appendFile(copy, whole.slice(-5));
    assert.deepEqual(await tail.read(), [step(5001)]);
    // A line longer than what is read at once.
    const long: RunEvent = { type: 'message', time: 0, level: 'info', text: 'x'.repeat(1_000_000) };
    await appendFile(copy, `${JSON.stringify(long)}\n`);
    assert.deepEqual(await tail.read(), [long]);
    assert.equal((await new EventTail(events).read()).length, count);
    // More than a call may have arguments.
    await writeFile(copy, lines(0, 2 * count));
    const { log, past } = await EventLog.open(copy);
    log.close();
    assert.equal(past.length, 2 * count);
  });

  it('go to the page in small messages, and never hold up the host for long', async () => {
    const posted: HostMessage[] = [];
    const feed = new PanelFeed(
      folder,
      (message) => posted.push(JSON.parse(JSON.stringify(message)) as HostMessage),
      (error) => {
        throw error;
      },
    );
    // Turns of the event loop, which tell that nothing held it up, however busy the machine is.
    let turns = 0;
    const count = (): void => {
      turns++;
      ticking = setImmediate(count);
    };
    let ticking = setImmediate(count);
    feed.snapshot(status);
    await waitFor(posted, 10);
    clearImmediate(ticking);
    feed.stop();
    const sizes = posted.map((message) => ('events' in message ? message.events.length : 0));
    assert.ok(Math.max(...sizes) <= 1000, `${Math.max(...sizes)} events in a message`);
    assert.ok(posted[0]?.type === 'snapshot');
    // The file is read in some forty pieces, and what is kept of it sent in twenty.
    assert.ok(turns > 50, `${turns} turns`);
  });
});
