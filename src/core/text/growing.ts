/** A list of 32-bit integers that grows by doubling: a quarter of the memory of an array that has grown so. */
export class GrowingInts {
  #data = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length++] = value;
  }

  /** What is there now; no copy. */
  view(): Int32Array<ArrayBuffer> {
    return this.#data.subarray(0, this.#length);
  }
}
