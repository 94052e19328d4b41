// Charts of an experiment: those of a comparison of its methods, asked for when they are opened.

import { partSection } from './comparison_part.js';
import { el, fetchJson, fill } from './dom.js';

const SHOWN = ['cost', 'differences', 'transitions'];

/** A closed section; `update` tells how many cells are done, so that what is opened later is up to date. */
export class Charts {
  constructor() {
    this.body = el('div.st-charts');
    this.node = el('details.st-part', { ontoggle: () => this.show() }, el('summary', {}, el('h3', {}, 'Charts')), this.body);
  }

  update({ id, cells }) {
    const key = `${id} ${cells.done || 0}`;
    if (id !== this.id) { this.node.open = false; fill(this.body); this.drawn = null; }
    Object.assign(this, { id, key, done: cells.done || 0 });
    this.node.hidden = !this.done;
  }

  async show() {
    if (!this.node.open || this.drawn === this.key) return;
    const key = (this.drawn = this.key);
    const experiment = encodeURIComponent(this.id);
    try {
      const { parts } = await fetchJson(`/api/comparison?experiment=${experiment}`);
      if (key !== this.drawn) return;
      const chosen = SHOWN.map((name) => parts.find((part) => part.key === name)).filter(Boolean);
      fill(this.body, ...chosen.map((part) => partSection(part, {
        file: `/api/comparison/table?experiment=${experiment}&part=${part.key}`,
      })));
    } catch (error) {
      if (key === this.drawn) fill(this.body, el('p.st-error', { role: 'alert' }, error.message));
    }
  }
}
