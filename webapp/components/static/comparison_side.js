// What is known of the texts of one side: asked for when it comes into sight, again for another side or score.

import { partSection } from './comparison_part.js';
import { el, fetchJson, fill } from './dom.js';

const NEAR = '400px'; // how far below the window it is asked for

/** The parts about texts, with the choice of a side and of a score; `view` gives addresses and draws parts. */
export class SidePanel {
  constructor(view, sides, said, say) {
    Object.assign(this, { view, sides, said, say });
    this.body = el('div.st-ofside', {}, el('p.st-dim', { role: 'status' }, 'Reading the texts…'));
    this.controls = el('div.st-controls');
    this.node = el('div.st-ofside', { data: { panel: 'texts' } }, this.controls, this.body);
    this.drawControls([], null);
    const watching = new IntersectionObserver((seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      watching.disconnect();
      this.load();
    }, { rootMargin: NEAR });
    watching.observe(this.node);
  }

  get of() {
    const wanted = Number(this.said('of') || 0);
    return wanted >= 0 && wanted < this.sides.length ? Math.trunc(wanted) : 0;
  }

  async load() {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    delete this.node.dataset.done;
    try {
      const { scores, score, parts } = await fetchJson(this.view.address('/texts', { of: this.of, score: this.said('score') }), signal);
      this.drawControls(scores, score);
      fill(this.body, ...parts.map((part) => partSection(part, { file: this.view.address('/table', { part: part.key, of: this.of, score }) })));
    } catch (error) {
      if (signal.aborted) return;
      fill(this.body, el('p.st-error', { role: 'alert' }, error.message));
    }
    this.node.dataset.done = '1';
  }

  drawControls(scores, score) {
    const sides = this.sides.map(({ name }, i) => el('option', { value: i, selected: i === this.of }, name));
    const choose = (name, none) => (event) => {
      this.say({ [name]: event.target.value === none ? null : event.target.value });
      this.load();
    };
    fill(this.controls, el('h2', {}, 'Texts'), el('label', {}, 'of', el('select', { ariaLabel: 'Side whose texts are shown', onchange: choose('of', '0') }, ...sides)),
      scores.length > 1 ? el('label', {}, 'reliability of', el('select', { ariaLabel: 'Score whose reliability is shown', onchange: choose('score', '') },
        ...scores.map((name) => el('option', { value: name, selected: name === score }, name.replaceAll('_', ' '))))) : null);
  }
}
