import { createReadStream, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Where an entry `"word":[numbers],` ends. No word does so: a digit and a bracket come before the quote. */
const entryEnd = /\d\],(?=")/g;

/**
 * Writes the vectors of a winkNLP file, `{ …, "vectors": { word: [values, norm, index], … }, … }`, in word2vec's
 * binary form: a line `V D`, then for each word the word, a space and D little-endian float32.
 * Read by chunks: the text of 307 MB takes four times that once it is parsed.
 */
export async function writeBinaryVectors(source, target) {
  const part = `${target}.part`;
  const file = await open(part, 'w');
  let pending = '';
  let header;
  let written = 0;
  const convert = async (entries) => {
    const records = [];
    for (const [word, values] of Object.entries(JSON.parse(`{${entries}}`))) {
      records.push(record(word, values, header.dimensions));
    }
    written += records.length;
    await file.write(Buffer.concat(records));
  };
  try {
    for await (const chunk of createReadStream(source, { encoding: 'utf8', highWaterMark: 4 << 20 })) {
      pending += chunk;
      if (header === undefined) {
        const start = pending.indexOf('"vectors":{');
        if (start < 0) continue;
        header = JSON.parse(`${pending.slice(0, start)}"end":0}`);
        await file.write(`${header.size} ${header.dimensions}\n`);
        pending = pending.slice(start + '"vectors":{'.length);
      }
      const ends = [...pending.matchAll(entryEnd)];
      if (ends.length === 0) continue;
      const last = ends.at(-1).index + 2;
      await convert(pending.slice(0, last));
      pending = pending.slice(last + 1);
    }
    await convert(pending.slice(0, pending.indexOf('}')));
  } finally {
    await file.close();
  }
  if (written !== header.size)
    throw new Error(`${source}: ${written} vectors, not the ${header.size} it tells of.`);
  renameSync(part, target);
}

function record(word, values, dimension) {
  const name = Buffer.from(`${word} `);
  const bytes = Buffer.alloc(name.length + 4 * dimension);
  name.copy(bytes);
  for (let i = 0; i < dimension; i++) bytes.writeFloatLE(values[i], name.length + 4 * i);
  return bytes;
}
