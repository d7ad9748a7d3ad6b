/**
 * The nearest of some centroids to each of `count` rows of `width` float32 values: the smallest |c|^2 / 2 - x c, which
 * is |x - c|^2 / 2 without what all have in common; the first of equal ones. Addresses in bytes.
 *
 * @param panels of four centroids each: four |c|^2 / 2, then for each value the four centroids' values
 * @param codes count int32, written
 */
export function nearest(
  rows: usize,
  width: i32,
  count: i32,
  panels: usize,
  panelCount: i32,
  codes: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let r = 0; r < count; r += 2, rows += bytes << 1, codes += 8) {
    // A last row without a second one is measured twice.
    const other = r + 1 < count ? rows + bytes : rows;
    let best0 = f32x4.splat(f32.MAX_VALUE);
    let best1 = best0;
    let found0 = i32x4.splat(0);
    let found1 = found0;
    let index = i32x4(0, 1, 2, 3);
    let p = panels;
    for (let q = 0; q < panelCount; q++) {
      let score0 = v128.load(p);
      let score1 = score0;
      p += 16;
      for (let x: usize = 0; x < bytes; x += 4, p += 16) {
        const four = v128.load(p);
        score0 = f32x4.sub(score0, f32x4.mul(v128.load32_splat(rows + x), four));
        score1 = f32x4.sub(score1, f32x4.mul(v128.load32_splat(other + x), four));
      }
      found0 = v128.bitselect(index, found0, f32x4.lt(score0, best0));
      best0 = f32x4.pmin(best0, score0);
      found1 = v128.bitselect(index, found1, f32x4.lt(score1, best1));
      best1 = f32x4.pmin(best1, score1);
      index = i32x4.add(index, i32x4.splat(4));
    }
    store<i32>(codes, leastOf(best0, found0));
    if (other != rows) store<i32>(codes, leastOf(best1, found1), 4);
  }
}

/** The index of the smallest of four scores, the lowest index of equal ones. */
function leastOf(scores: v128, indices: v128): i32 {
  let best = f32x4.extract_lane(scores, 0);
  let found = i32x4.extract_lane(indices, 0);
  let score = f32x4.extract_lane(scores, 1);
  let index = i32x4.extract_lane(indices, 1);
  if (score < best || (score == best && index < found)) {
    best = score;
    found = index;
  }
  score = f32x4.extract_lane(scores, 2);
  index = i32x4.extract_lane(indices, 2);
  if (score < best || (score == best && index < found)) {
    best = score;
    found = index;
  }
  score = f32x4.extract_lane(scores, 3);
  index = i32x4.extract_lane(indices, 3);
  return score < best || (score == best && index < found) ? index : found;
}
