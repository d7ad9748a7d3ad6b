import { createHash } from 'node:crypto';

/** A model card's last line holds the hash of all before it, which tells one that nobody has edited since. */
const mark = /^<!-- embedding-press ([0-9a-f]{64}) -->\n$/;
const markLength = '<!-- embedding-press  -->\n'.length + 64;

export function markCard(text: string): string {
  return `${text}<!-- embedding-press ${hashOf(text)} -->\n`;
}

/** Whether a card is as it was written. */
export function isUntouchedCard(card: string): boolean {
  const text = card.slice(0, -markLength);
  return mark.exec(card.slice(-markLength))?.[1] === hashOf(text);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
