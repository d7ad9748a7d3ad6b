const triplesCounted = 400;

/**
 * Tells the repeats among texts given one after the other: those that share at least `share` of their word triples
 * (Jaccard's measure, over the first 400) with one that was kept before. Mailings repeat with another name, price or
 * tracking number filled in, and such pairs across training and test sets would make the test easy.
 */
export function createRepeatFilter(share = 0.5) {
  /** Of each triple the kept texts that have it. */
  const owners = new Map();
  const sizes = [];
  return function isRepeat(text) {
    const triples = triplesOf(text);
    const common = new Map();
    for (const triple of triples) {
      for (const owner of owners.get(triple) ?? []) common.set(owner, (common.get(owner) ?? 0) + 1);
    }
    for (const [owner, count] of common) {
      if (count >= share * (triples.size + sizes[owner] - count)) return true;
    }
    const index = sizes.push(triples.size) - 1;
    for (const triple of triples) {
      const list = owners.get(triple);
      if (list === undefined) owners.set(triple, [index]);
      else list.push(index);
    }
    return false;
  };
}

function triplesOf(text) {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const triples = new Set();
  const last = Math.min(words.length, triplesCounted + 2);
  // A text of one or two words is one triple.
  for (let i = 0; i < Math.max(1, last - 2); i++) triples.add(words.slice(i, i + 3).join(' '));
  return triples;
}
