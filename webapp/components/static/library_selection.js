// Which runs are ticked, and the link that compares them.

import { el, plural } from './dom.js';

const FEWEST = 2;
const MOST = 4; // runs that can be compared

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
    const questions = new Set([...this.runs.values()].map((run) => run.question));
    const possible = ids.length >= FEWEST && ids.length <= MOST && questions.size === 1;
    // Without an address it is no link: neither the pointer nor the keyboard can follow it.
    if (possible) this.node.href = `/compare?runs=${ids.map(encodeURIComponent).join(',')}`;
    else this.node.removeAttribute('href');
    this.node.ariaDisabled = String(!possible);
    this.node.textContent = wording(ids.length, questions.size);
  }
}

function wording(runs, questions) {
  if (!runs) return 'Compare: tick 2 to 4 runs';
  if (questions > 1) return 'Compare: pick runs of one question';
  if (runs < FEWEST) return 'Compare: tick one more run';
  return `Compare ${plural(runs, 'run')}${runs > MOST ? `: at most ${MOST}` : ''}`;
}
