/**
 * How often the chart draws itself anew of its own accord. A frame keeps the page from everything else until it is drawn:
 * some milliseconds with a graphics card, half a second without one. Between two frames the page has three times as long
 * for other work, alerts above all.
 */
const REST = 3;
const REST_MOST_MS = 2000;
const DEAR_MS = 100;

export class Pace {
  #cost_ms = 0;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly after: (job: () => void) => void = (job) => void setTimeout(job),
  ) {}

  /** A frame is being drawn: what comes after it says how long it took. */
  framed(): void {
    const begun = this.now();
    this.after(() => (this.#cost_ms = this.now() - begun));
  }

  /** Whether frames take so long that the page should draw seldom. */
  get dear(): boolean {
    return this.#cost_ms > DEAR_MS;
  }

  /** Least time from the beginning of one frame to that of the next. */
  least_ms(wanted: number): number {
    return Math.max(wanted, this.#cost_ms + Math.min(REST_MOST_MS, REST * this.#cost_ms));
  }
}
