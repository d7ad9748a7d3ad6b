/**
 * Reads a model.safetensors written by Embedding Press, packed or not: docs/format.md describes it. Copy this file; it
 * needs nothing else, and runs in browsers and in Node.
 *
 *     import { readFile } from 'node:fs/promises';
 *     import { decode } from './decode.mjs';
 *     const { spec, tensors } = decode(await readFile('model.safetensors'));
 *     tensors.get('embedding/table'); // { shape: [m, n], data: Float32Array }, or embedding/A and embedding/B
 *
 * @param {ArrayBuffer | Uint8Array} file its bytes
 * @returns {{ spec: any, tensors: Map<string, { shape: number[], data: Float32Array }> }} what the model is, and its
 * tensors, those that are coded among them as float32
 */
export function decode(file) {
  const bytes = new Uint8Array(file.buffer ?? file, file.byteOffset ?? 0, file.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const { __metadata__, ...entries } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const spec = JSON.parse(__metadata__.spec);
  const packed = JSON.parse(__metadata__.packed ?? '{}');
  const stored = new Map();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const data = bytes.slice(start + data_offsets[0], start + data_offsets[1]);
    stored.set(
      name,
      name in packed
        ? { shape: packed[name].shape, data: unpack(data, size(packed[name].shape), packed[name].bits) }
        : {
            shape,
            data:
              dtype === 'F16'
                ? Float32Array.from(new Uint16Array(data.buffer), half)
                : new Float32Array(data.buffer),
          },
    );
  }
  const tensors = new Map([...stored].filter(([name]) => !/\/(table|A|B)\/\w+$/.test(name)));
  for (const [prefix, { rows, dimension, rank, coding }] of tablesOf(spec)) {
    const matrices =
      rank === undefined
        ? [['table', rows, dimension]]
        : [
            ['A', rows, rank],
            ['B', rank, dimension],
          ];
    for (const [matrix, m, n] of matrices) {
      const name = `${prefix}/${matrix}`;
      if (tensors.has(name)) continue;
      const part = (key) => stored.get(`${name}/${key}`)?.data;
      const how = matrix === 'B' ? factorCoding(coding) : coding;
      tensors.set(name, { shape: [m, n], data: rules[how.kind](part, m, n, how) });
    }
  }
  return { spec, tensors };
}

/** The embedding tables of a model, by what their tensors' names begin with. */
function tablesOf({ embedding, body }) {
  const further = (body.nodes ?? []).filter((node) => node.className === 'Embedding' && !node.weightsOf);
  return [
    ['embedding', embedding],
    ...further.map(({ name, config }) => [
      `graph/${name}`,
      { ...config, rows: config.input_dim, dimension: config.output_dim },
    ]),
  ];
}

/** A number of half precision from its bits. */
const half = (bits) => {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const value = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -value : value;
};

const size = (shape) => shape.reduce((a, b) => a * b, 1);

/** Whole numbers of so many bits, from a byte's lowest bit up; five of three levels to a byte, in base 3. */
function unpack(bytes, count, bits) {
  const values = new Float64Array(count);
  if (bits === 'ternary') {
    for (let i = 0; i < count; i++) values[i] = Math.floor(bytes[Math.floor(i / 5)] / 3 ** (i % 5)) % 3;
    return values;
  }
  for (let i = 0, at = 0; i < count; i++) {
    for (let bit = 0; bit < bits; bit++, at++) values[i] += ((bytes[at >> 3] >> (at & 7)) & 1) * 2 ** bit;
  }
  return values;
}

/** Codes of the given lengths, as in DEFLATE: a function that reads symbol by symbol. */
function huffmanReader(bytes, lengths) {
  const symbols = [...lengths.keys()].filter((symbol) => lengths[symbol] > 0);
  symbols.sort((a, b) => lengths[a] - lengths[b] || a - b);
  const counts = new Array(16).fill(0);
  for (const symbol of symbols) counts[lengths[symbol]]++;
  let at = 0;
  return () => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= 15; length++, at++) {
      if (at >= 8 * bytes.length) throw new RangeError('the stream ends early');
      code = 2 * code + ((bytes[at >> 3] >> (at & 7)) & 1);
      first *= 2;
      if (code - first < counts[length]) {
        at++;
        return symbols[index + code - first];
      }
      index += counts[length];
      first += counts[length];
    }
    throw new RangeError('the stream is damaged');
  };
}

/** Where each row is in what is stored, by a bitmap of the rows that are; the others are read as one of them, or as 0. */
function places(kept, m, unknown) {
  let next = 0;
  const own = Array.from({ length: m }, (_, row) => (kept === undefined || kept[row] === 1 ? next++ : -1));
  const instead = unknown === 0 ? -1 : own[unknown];
  return own.map((place) => (place < 0 ? instead : place));
}

/** How B is coded beside A. */
function factorCoding(coding) {
  return coding.kind === 'frequent-rows' ? coding.values : coding.kind === 'fixed-point' ? coding : undefined;
}

/** By a coding's kind: the m x n values from its parts. */
const rules = {
  'fixed-point'(part, m, n, { bits, zeroPoint }) {
    const [codes, scales] = [part('codes'), part('scales')];
    const top = (bits === 'ternary' ? 3 : 2 ** bits) - 1;
    const offsets = zeroPoint ? part('offsets') : scales.map((scale) => (-scale * top) / 2);
    return Float32Array.from(codes, (code, i) => {
      const group = scales.length === 1 ? 0 : Math.floor(i / n);
      return offsets[group] + code * scales[group];
    });
  },

  sparse(part, m, n) {
    const data = new Float32Array(m * n);
    const [mask, counts, columns, values] = ['mask', 'counts', 'columns', 'values'].map(part);
    let next = 0;
    if (mask) for (let i = 0; i < m * n; i++) data[i] = mask[i] === 1 ? values[next++] : 0;
    else {
      for (let row = 0; row < m; row++) {
        for (let left = counts[row]; left > 0; left--, next++) data[row * n + columns[next]] = values[next];
      }
    }
    return data;
  },

  'deep-compression'(part, m, n, { sparsity }) {
    const data = new Float32Array(m * n);
    const centroids = part('centroids');
    const nextGap = huffmanReader(part('gaps'), part('gapLengths'));
    const nextIndex = huffmanReader(part('indices'), part('indexLengths'));
    let left = Math.max(1, m * n - Math.round(sparsity * (m * n)));
    for (let at = 0; left > 0;) {
      const gap = nextGap();
      at += gap;
      if (gap === 255) continue;
      data[at++] = centroids[nextIndex()];
      left--;
    }
    return data;
  },

  'product-quantization'(part, m, n, { subvector, unknown }) {
    const data = new Float32Array(m * n);
    const [codes, centroids, norms, normCodes] = ['codes', 'centroids', 'norms', 'normCodes'].map(part);
    const width = Math.ceil(n / subvector);
    places(part('kept'), m, unknown).forEach((place, row) => {
      if (place < 0) return;
      const norm = norms ? norms[normCodes[place]] : 1;
      for (let j = 0; j < n; j++) {
        data[row * n + j] = norm * centroids[codes[place * width + Math.floor(j / subvector)] * n + j];
      }
    });
    return data;
  },

  'frequent-rows'(part, m, n, { unknown, values }) {
    const data = new Float32Array(m * n);
    const stored = values ? rules[values.kind](part, m, n, values) : part('values');
    places(part('kept'), m, unknown).forEach((place, row) => {
      if (place >= 0) data.set(stored.subarray(place * n, (place + 1) * n), row * n);
    });
    return data;
  },

  codes(part, m, n, { codebooks, codewords }) {
    const data = new Float32Array(m * n);
    const [codes, values] = [part('codes'), part('codewords')];
    for (let row = 0; row < m; row++) {
      for (let book = 0; book < codebooks; book++) {
        const from = (book * codewords + codes[row * codebooks + book]) * n;
        for (let j = 0; j < n; j++) data[row * n + j] += values[from + j];
      }
    }
    return data;
  },
};
