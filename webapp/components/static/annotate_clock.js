// How long somebody has worked on an item: pauses without any activity do not count.

const LONGEST = 60; // seconds between two signs of activity that still count as working

/** Counts seconds of work, from what was counted before on. */
export class WorkClock {
  constructor(before) {
    this.counted = before;
    this.last = performance.now();
  }

  /** Somebody does something. */
  touch() {
    const now = performance.now();
    this.counted += Math.min((now - this.last) / 1000, LONGEST);
    this.last = now;
  }

  get seconds() {
    this.touch();
    return Math.round(this.counted * 10) / 10;
  }
}
