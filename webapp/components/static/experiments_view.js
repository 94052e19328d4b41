// Experiments: the list beside the open one, looked at again and again while anything goes on.

import { el, fetchJson, fill, keepingFocus } from './dom.js';
import { Cells } from './experiment_cells.js';
import { Charts } from './experiment_charts.js';
import { ExperimentHead } from './experiment_head.js';
import { experimentRow } from './experiment_list.js';
import { Results } from './experiment_results.js';
import { working } from './experiment_words.js';
import { Pager } from './library_filters.js';
import { Toast } from './toast.js';

const BUSY = 1500; // milliseconds between two looks while cells are worked on
const CALM = 15000;
const PAGE = 20;

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const view = new ExperimentsView(element, trigger);
  watch('value', () => view.take(props.value || {}));
  view.look();
}

class ExperimentsView {
  constructor(element, trigger) {
    this.element = element;
    this.trigger = trigger;
    this.deleted = false;
    this.offset = 0;
    this.root = element.querySelector('.st-experiments-view');
    this.build();
    addEventListener('popstate', () => this.look());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.look(); });
  }

  build() {
    this.list = el('ul');
    this.pager = new Pager(PAGE, (offset) => { this.offset = offset; this.look(); });
    this.bin = el('button.st-toggle', { type: 'button', ariaPressed: 'false', onclick: () => { this.deleted = !this.deleted; this.offset = 0; this.look(); } }, 'Deleted');
    this.error = el('p.st-error', { role: 'alert' });
    this.head = new ExperimentHead((event, detail) => this.act(event, detail));
    this.cells = new Cells();
    this.results = new Results((query) => this.cells.narrow(query));
    this.charts = new Charts();
    this.opened = el('div.st-opened');
    this.toast = new Toast();
    fill(this.root, this.error, el('div.st-shelves', {},
      el('section', { ariaLabel: 'Experiments' }, el('div.st-listhead', {}, el('h3', {}, 'Experiments'), this.bin), this.list, this.pager.node), this.opened), this.toast.node);
  }

  /** Take a value from Python: something has changed, and perhaps an experiment is to be opened. */
  take({ open = null }) {
    if (open) { this.deleted = false; this.offset = 0; this.go(open); } else this.look();
  }

  /** The experiment that the address names. */
  get id() {
    return new URLSearchParams(location.search).get('experiment');
  }

  go(id) {
    const url = new URL(location.href);
    if (id) url.searchParams.set('experiment', id);
    else url.searchParams.delete('experiment');
    if (url.href !== location.href) history.pushState(null, '', url);
    this.look();
  }

  act(event, detail) {
    this.trigger(event, detail);
    if (event !== 'remove') return;
    const { id } = detail;
    this.go(null);
    this.toast.show(`Deleted “${this.found.name.slice(0, 60)}”; its runs are kept.`, 'Undo', () => this.trigger('restore', { id }));
  }

  /** Ask the server once, and again later. */
  async look() {
    clearTimeout(this.timer);
    const asked = (this.asked = (this.asked || 0) + 1);
    const { id } = this;
    let wait = BUSY;
    try {
      const [list, found] = await Promise.all([
        fetchJson(`/api/experiments?${new URLSearchParams({ deleted: this.deleted, offset: this.offset, limit: PAGE })}`),
        id ? fetchJson(`/api/experiments/${encodeURIComponent(id)}`).catch((error) => ({ error })) : null,
      ]);
      if (asked !== this.asked) return;
      this.error.textContent = '';
      this.draw(list, found);
      wait = list.items.some(working) || (found && !found.error && working(found)) ? BUSY : CALM;
      this.element.dataset.loaded = String(Number(this.element.dataset.loaded || 0) + 1);
    } catch (error) {
      if (asked !== this.asked) return;
      this.error.textContent = `The experiments cannot be read: ${error.message}`;
    }
    this.timer = setTimeout(() => { if (!document.hidden) this.look(); }, wait);
  }

  draw(list, found) {
    this.bin.ariaPressed = String(this.deleted);
    keepingFocus(this.list, () => fill(this.list,
      ...list.items.map((item) => experimentRow(item, item.id === this.id, { pick: () => this.go(item.id), restore: () => this.trigger('restore', { id: item.id }) })),
      list.items.length ? null : el('li.st-empty', {}, this.deleted ? 'No experiment is deleted.' : 'No experiments yet. Make one above.')));
    this.pager.draw(this.offset, list.total);
    this.drawOpened(list, found);
  }

  drawOpened(list, found) {
    if (!found) { this.shown = null; fill(this.opened, list.items.length ? el('p.st-empty', {}, 'Pick an experiment.') : null); return; }
    if (found.error) { this.shown = null; fill(this.opened, el('p.st-error', { role: 'alert' }, found.error.message)); return; }
    this.found = found;
    for (const part of [this.head, this.results, this.charts, this.cells]) part.update(found);
    if (this.shown !== found.id) fill(this.opened, this.head.node, this.results.node, this.charts.node, this.cells.node);
    this.shown = found.id;
  }
}
