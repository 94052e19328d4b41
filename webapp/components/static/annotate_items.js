// The items of an annotator, a page at a time, by how far they are.

import { ask, of } from './annotate_api.js';
import { el, fill } from './dom.js';
import { Pager } from './library_filters.js';

const PAGE = 50;
const STATES = { '': 'All', open: 'Open', draft: 'Begun', skipped: 'Skipped', submitted: 'Submitted' };
const BADGES = { open: '◌ open', draft: '◐ begun', skipped: '↷ skipped', submitted: '✓ submitted' };

/** The list; `open(id)` shows an item at the desk. */
export class ItemList {
  constructor(queue, annotator, open) {
    this.queue = queue;
    this.annotator = annotator;
    this.open = open;
    this.state = '';
    this.offset = 0;
    this.filters = el('div.st-segments', { role: 'group', ariaLabel: 'Items that are' });
    this.list = el('ul.st-items');
    this.pager = new Pager(PAGE, (offset) => { this.offset = offset; this.start(); });
    this.node = el('section.st-part', { ariaLabel: 'Items' }, this.filters, this.list, this.pager.node);
  }

  async start() {
    fill(this.filters, ...Object.entries(STATES).map(([state, title]) => el('button', { type: 'button', ariaPressed: String(state === this.state), onclick: () => { this.state = state; this.offset = 0; this.start(); } }, title)));
    const query = { annotator: this.annotator, state: this.state, offset: this.offset, limit: PAGE };
    const page = await ask('GET', of('queues', this.queue.id, '/items'), { query });
    fill(this.list, ...page.items.map((item) => el('li', {}, el('button.st-itemrow', { type: 'button', data: { item: item.id, state: item.state }, onclick: () => this.open(item.id) },
      el('span.st-num.st-dim', {}, String(item.position + 1)), el('span.st-contained.st-clamp', {}, item.question), el('span.st-badge', {}, BADGES[item.state])))),
    page.items.length ? null : el('li.st-empty', {}, 'No item is like that.'));
    this.pager.draw(this.offset, page.total);
  }
}
