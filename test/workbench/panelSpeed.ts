/**
 * Measures how long the panel takes to draw itself anew, in Chromium without VS Code, while a model trains that has told
 * many steps already: `npx tsx test/workbench/panelSpeed.ts [steps]`.
 */
import type { RunEvent } from '../../src/core/sweep/trial.ts';
import type { HostMessage } from '../../src/editor/panelProtocol.ts';
import { launchBrowser } from './browser.ts';
import { lowRank, sampleSnapshot } from './panelSample.ts';
import { bundlePage, openPreview } from './previewPage.ts';

const redraws = 60;
const snapshot = sampleSnapshot({
  recipe: 'speed',
  status: { state: 'running', epochsDone: 30, epochsTotal: 70 },
  compress: [lowRank([49, 29, 19, 9, 4, 1], ['task', 'spectrum'])],
  seeds: [1],
  finished: 6,
});

/** Milliseconds of each redraw, the shortest first. */
export async function measureRedraws(steps: number): Promise<readonly number[]> {
  const bundle = await bundlePage('panel', 'webview/main.ts');
  const browser = await launchBrowser();
  try {
    const look = { name: 'speed', language: 'en', theme: 'dark', width: 1600 } as const;
    const { page, problems } = await openPreview(browser, bundle, look, host);
    const send = (message: HostMessage): Promise<void> =>
      page.evaluate(`postMessage(${JSON.stringify(message)}, '*')`);
    await send(snapshot);
    const trial = trainingIn(snapshot);
    await send({
      type: 'events',
      events: Array.from({ length: steps }, (_, step) => stepEvent(trial, step)),
    });
    await page.waitForSelector('h1');
    await page.evaluate('drawn.length = 0');
    for (let i = 0; i < redraws; i++) {
      await send({ type: 'events', events: [stepEvent(trial, steps + i)] });
      await page.evaluate(drawnBeyond(i));
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return (await page.evaluate<number[]>('drawn')).sort((a, b) => a - b);
  } finally {
    await browser.close();
  }
}

/** A promise of the page, which ends when it has drawn more than so often. */
function drawnBeyond(times: number): string {
  return `new Promise((end) => { const look = () => (drawn.length > ${times} ? end() : setTimeout(look, 2)); look(); })`;
}

/** The trial that told something last. */
function trainingIn(message: HostMessage): string {
  const told = message.type === 'snapshot' ? message.events : [];
  const last = told.findLast((event) => event.type === 'trial');
  if (last?.type !== 'trial') throw new Error('The sample has a trial.');
  return last.trial;
}

function stepEvent(trial: string, step: number): RunEvent {
  const loss = 0.25 + 0.45 * Math.exp(-step / 1200) + 0.08 * Math.sin(step * 12.9898) * Math.cos(step * 7.3);
  return { type: 'step', time: 0, trial, step, epoch: Math.floor(step / 100), rate: 1e-3, loss };
}

/** The page's work in a frame, its layout included: what it draws with is asked for by `requestAnimationFrame`. */
const host = `
  globalThis.acquireVsCodeApi = () => ({ getState: () => undefined, setState: () => undefined, postMessage: () => undefined });
  globalThis.drawn = [];
  const ask = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (work) =>
    ask((time) => {
      const started = performance.now();
      work(time);
      document.body.getBoundingClientRect();
      drawn.push(performance.now() - started);
    });`;

const [, script, steps = '10000'] = process.argv;
if (import.meta.filename === script) {
  const times = await measureRedraws(Number(steps));
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? NaN).toFixed(1);
  console.log(
    `${steps} steps: redraws of ${at(0)} ms at least, ${at(0.5)} in the middle, ${at(0.95)} of 95 %, ${at(1)} at most.`,
  );
}
