// Which runs are ticked, and the link that compares them.

import { el, plural } from './dom.js';
import { home } from './home.js';

const FEWEST = 2;
const MOST = 100; // runs that an address names

/** The ticked runs, kept over searches and pages; `node` is the link. */
export class Selection {
  constructor() {
    this.runs = new Map();
    this.node = el('a.st-button.st-compare', {});
    this.draw();
  }

  has(id) {
    return this.runs.has(id);
  }

  set(run, chosen) {
    if (chosen) this.runs.set(run.id, run);
    else this.runs.delete(run.id);
    this.draw();
  }

  /** Forget a run that was deleted. */
  drop(id) {
    if (this.runs.delete(id)) this.draw();
  }

  draw() {
    const ids = [...this.runs.keys()];
    const possible = ids.length >= FEWEST && ids.length <= MOST;
    // Without an address it is no link: neither the pointer nor the keyboard can follow it.
    if (possible) this.node.href = home(`/compare?runs=${ids.map(encodeURIComponent).join(',')}`);
    else this.node.removeAttribute('href');
    this.node.ariaDisabled = String(!possible);
    this.node.textContent = wording(ids.length);
  }
}

function wording(runs) {
  if (!runs) return 'Compare: tick two runs or more';
  if (runs < FEWEST) return 'Compare: tick one more run';
  return `Compare ${plural(runs, 'run')}${runs > MOST ? `: at most ${MOST}` : ''}`;
}
