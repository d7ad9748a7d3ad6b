import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyText } from './mailText.mjs';
import { createRepeatFilter } from './nearRepeats.mjs';

const shares = { train: 0.7, validation: 0.15, test: 0.15 };

const rank = (text) => createHash('sha256').update(text).digest('hex');

/**
 * Writes train.tsv, validation.tsv and test.tsv of the SpamAssassin corpus, with the columns label (ham, spam) and
 * text. Of messages that are nearly the same only the first is there. The split is stratified and always the same: the messages of a label in
 * the order of their hashes.
 */
export function writeSpamAssassin(source, target) {
  const messages = [];
  const isRepeat = createRepeatFilter();
  const counts = { emails: 0, empty: 0, repeated: 0 };
  for (const group of readdirSync(source, { withFileTypes: true })) {
    if (!group.isDirectory()) continue;
    const label = group.name.startsWith('spam') ? 'spam' : 'ham';
    for (const name of readdirSync(join(source, group.name)).sort()) {
      if (!name.endsWith('.json')) continue;
      counts.emails++;
      const text = bodyText(JSON.parse(readFileSync(join(source, group.name, name), 'utf8')).text);
      if (!/[a-z]/i.test(text)) counts.empty++;
      else if (isRepeat(text)) counts.repeated++;
      else messages.push({ label, text, order: rank(text) });
    }
  }
  const rows = { train: [], validation: [], test: [] };
  for (const label of ['ham', 'spam']) {
    const own = messages.filter((message) => message.label === label);
    own.sort((a, b) => (a.order < b.order ? -1 : 1));
    let from = 0;
    let share = 0;
    for (const part of Object.keys(shares)) {
      share += shares[part];
      const to = Math.round(own.length * share);
      rows[part].push(...own.slice(from, to));
      from = to;
    }
  }
  const part = `${target}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  for (const [name, messages] of Object.entries(rows)) {
    const lines = messages.map(({ label, text }) => `${label}\t${text}`);
    writeFileSync(join(part, `${name}.tsv`), ['label\ttext', ...lines, ''].join('\n'));
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(part, target);
  return {
    ...counts,
    ...Object.fromEntries(Object.entries(rows).map(([name, { length }]) => [name, length])),
  };
}
