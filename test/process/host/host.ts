/**
 * Follows the run in a folder as the extension host does with its panel open: prints how long a turn of the event loop
 * took at most, in ms of the processor, which a busy machine lengthens little.
 */
import { PanelFeed } from '../../../src/editor/panelFeed.ts';
import type { HostMessage } from '../../../src/editor/panelProtocol.ts';
import { RunStore } from '../../../src/editor/runStore.ts';
import { isGoing } from '../../../src/process/runStatus.ts';

const [, , folder = ''] = process.argv;
const memory = { get: (_key: string, value: unknown) => value, update: () => Promise.resolve() };
const log = { warn: console.error };
const store = new RunStore(memory as never, log as never);

let [longestMs, turns, events, messages] = [0, 0, 0, 0];
let before = process.cpuUsage();
const tick = (): void => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  turns++;
  // The first ones compile.
  if (turns > 100) longestMs = Math.max(longestMs, (user + system) / 1000);
  setImmediate(tick);
};

const post = (message: HostMessage): void => {
  // As VS Code sends it.
  JSON.stringify(message);
  messages++;
  if ('events' in message) events += message.events.length;
};
const feed = new PanelFeed(folder, post, (error) => {
  throw error;
});
store.onDidChange((changed) => {
  const status = store.statusOf(changed);
  if (status === undefined) return;
  feed.update(status);
  if (isGoing(status.state)) return;
  // Its last events are on their way.
  setTimeout(() => {
    console.log(JSON.stringify({ longestMs, turns, events, messages }));
    process.exit(0);
  }, 500);
});
setImmediate(tick);
void store.read(folder).then((status) => {
  if (status === undefined) throw new Error(`No run in ${folder}.`);
  feed.snapshot(status);
});
