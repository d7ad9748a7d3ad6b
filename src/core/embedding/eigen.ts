/** Q^T diag(values) Q, with orthonormal rows in Q. */
export interface Eigen {
  /** n, descending. */
  readonly values: Float64Array;
  /** n x n, row-major; row i belongs to value i. */
  readonly vectors: Float64Array;
}

/** In a matrix scaled to 1: far below rounding, far above where a quotient of squares overflows. */
const negligibleSquare = 1e-200;
/** An eigenvalue takes about two sweeps; so many are never needed for finite numbers. */
const maxSweeps = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix in float64: Householder reduction to tridiagonal form,
 * then QL sweeps with implicit Wilkinson shifts (Golub and Van Loan, Matrix Computations, 4th ed., section
 * 8.3). Errors are a few units of rounding of the largest |eigenvalue|. O(n^3), meant for n up to several hundred.
 *
 * @param matrix n x n, row-major, symmetric; only read
 * @throws RangeError when the size does not fit or a value is not finite
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  if (matrix.length !== n * n) throw new RangeError(`${n} x ${n} values expected, ${matrix.length} found`);
  let largest = 0;
  for (const value of matrix) {
    if (!Number.isFinite(value)) throw new RangeError(`the matrix holds ${value}`);
    largest = Math.max(largest, Math.abs(value));
  }
  // Scaled to 1, squares neither overflow nor lose what matters to underflow.
  const scale = largest === 0 ? 1 : largest;
  const { diagonal, offDiagonal, basis } = tridiagonalize(
    matrix.map((value) => value / scale),
    n,
  );
  diagonalize(diagonal, offDiagonal, basis, n);

  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[j]! - diagonal[i]!);
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    values[to] = diagonal[from]! * scale;
    vectors.set(basis.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values, vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `offDiagonal[i]` joins i and i + 1; the last is 0. */
  readonly offDiagonal: Float64Array;
  /** Rows q_i with A = sum over i, j of q_i T_ij q_j^T. */
  readonly basis: Float64Array;
}

/** Overwrites `a`. */
function tridiagonalize(a: Float64Array, n: number): Tridiagonal {
  const offDiagonal = new Float64Array(n);
  const product = new Float64Array(n);
  // Row k of `reflectors` holds the v of H = I - factor[k] v v^T, which clears row k right of k + 1.
  const reflectors = new Float64Array(n * n);
  const factors = new Float64Array(n);

  for (let k = 0; k < n - 1; k++) {
    const row = k * n;
    let tail = 0;
    for (let j = k + 2; j < n; j++) tail += a[row + j]! * a[row + j]!;
    const head = a[row + k + 1]!;
    if (tail < negligibleSquare) {
      offDiagonal[k] = head;
      continue;
    }
    const norm = Math.sqrt(head * head + tail);
    // The sign that adds to the head: no cancellation.
    const image = head > 0 ? -norm : norm;
    offDiagonal[k] = image;
    for (let j = k + 1; j < n; j++) reflectors[row + j] = a[row + j]!;
    reflectors[row + k + 1] = head - image;
    const factor = 2 / ((head - image) * (head - image) + tail);
    factors[k] = factor;

    // With p = factor A v and w = p - (factor/2)(p.v) v, H A H = A - v w^T - w v^T.
    let overlap = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j]! * reflectors[row + j]!;
      product[i] = factor * sum;
      overlap += product[i]! * reflectors[row + i]!;
    }
    for (let i = k + 1; i < n; i++) product[i]! -= 0.5 * factor * overlap * reflectors[row + i]!;
    for (let i = k + 1; i < n; i++) {
      const v = reflectors[row + i]!;
      const w = product[i]!;
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= v * product[j]! + w * reflectors[row + j]!;
    }
  }

  const diagonal = new Float64Array(n);
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  return { diagonal, offDiagonal, basis: accumulate(reflectors, factors, n) };
}

/** The rows of (H_0 H_1 ... )^T. Applied from the last on, each reflector meets only the block right and below of it. */
function accumulate(reflectors: Float64Array, factors: Float64Array, n: number): Float64Array {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (let k = n - 2; k >= 0; k--) {
    const factor = factors[k]!;
    if (factor === 0) continue;
    const row = k * n;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += basis[i * n + j]! * reflectors[row + j]!;
      sum *= factor;
      for (let j = k + 1; j < n; j++) basis[i * n + j]! -= sum * reflectors[row + j]!;
    }
  }
  return basis;
}

/** Leaves the eigenvalues in `d` and the eigenvectors in the rows of `basis`. */
function diagonalize(d: Float64Array, e: Float64Array, basis: Float64Array, n: number): void {
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high < n - 1 && !isNegligible(e[high]!, d[high]!, d[high + 1]!)) high++;
      if (high === low) break;
      if (sweep === maxSweeps) throw new Error('the eigenvalue iteration does not converge');
      sweepUp(d, e, basis, n, low, high);
    }
  }
}

function isNegligible(e: number, above: number, below: number): boolean {
  return Math.abs(e) <= Number.EPSILON * (Math.abs(above) + Math.abs(below));
}

/** One implicit QL sweep over the unreduced block low..high: chases the bulge from its bottom to its top. */
function sweepUp(
  d: Float64Array,
  e: Float64Array,
  basis: Float64Array,
  n: number,
  low: number,
  high: number,
): void {
  // The eigenvalue of the top 2 x 2 block that is nearer to d[low].
  const half = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(half * half + 1);
  const shift = d[low]! - e[low]! / (half + (half < 0 ? -root : root));

  // The rotation of rows i and i + 1 that keeps (x, bulge) upright.
  let x = d[high]! - shift;
  let bulge = e[high - 1]!;
  for (let i = high - 1; i >= low; i--) {
    const radius = Math.sqrt(x * x + bulge * bulge);
    const cosine = radius === 0 ? 1 : x / radius;
    const sine = radius === 0 ? 0 : bulge / radius;
    if (i < high - 1) e[i + 1] = radius;

    // The 2 x 2 block [[above, link], [link, below]] turned by the rotation.
    const above = d[i]!;
    const below = d[i + 1]!;
    const link = e[i]!;
    const mixed = 2 * cosine * sine * link;
    d[i + 1] = cosine * cosine * below + sine * sine * above + mixed;
    d[i] = sine * sine * below + cosine * cosine * above - mixed;
    e[i] = cosine * sine * (above - below) + (cosine * cosine - sine * sine) * link;
    x = e[i]!;
    if (i > low) {
      bulge = sine * e[i - 1]!;
      e[i - 1]! *= cosine;
    }
    rotateRows(basis, n, i, cosine, sine);
  }
}

/** (row i, row i + 1) <- (c row i - s row i + 1, s row i + c row i + 1) */
function rotateRows(basis: Float64Array, n: number, i: number, cosine: number, sine: number): void {
  for (let a = i * n, b = a + n, end = b; a < end; a++, b++) {
    const first = basis[a]!;
    const second = basis[b]!;
    basis[a] = cosine * first - sine * second;
    basis[b] = sine * first + cosine * second;
  }
}
