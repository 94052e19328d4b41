// The list of queues with how far they are, and the forms that make queues and schemas.

import { ask, of } from './annotate_api.js';
import { QueueForm } from './annotate_queue_form.js';
import { SchemaEditor } from './annotate_schema.js';
import { counted, el, factLine, fill, keepingFocus, plural } from './dom.js';
import { Pager } from './library_filters.js';
import { when } from './library_time.js';
import { Toast } from './toast.js';

const PAGE = 20;
const PAUSE = 200; // milliseconds without typing before a search

/** All queues that one may see; `pick(id)` opens one. */
export class QueueList {
  constructor(pick) {
    this.pick = pick;
    this.query = { text: '', deleted: false, offset: 0 };
    this.form = new QueueForm({ made: (queue) => this.pick(queue.id), edit: (schema) => this.edit(schema) });
    this.editor = el('div');
    this.search = el('input', { type: 'search', placeholder: 'Search queues', ariaLabel: 'Search queues', oninput: () => this.typed() });
    this.bin = el('button.st-toggle', { type: 'button', ariaPressed: 'false', onclick: () => this.change({ deleted: !this.query.deleted }) }, 'Deleted');
    this.list = el('ul.st-queues');
    this.pager = new Pager(PAGE, (offset) => this.change({ offset }));
    this.error = el('p.st-error', { role: 'alert' });
    this.toast = new Toast();
    this.fold = el('details.st-fold', { ontoggle: () => { if (this.fold.open) this.form.start(); } }, el('summary', {}, el('h3', {}, 'New queue')), this.form.node, this.editor);
    this.node = el('div.st-queuelist', {}, this.fold, el('div.st-bar', { role: 'search' }, this.search, this.bin), this.error, this.list, this.pager.node, this.toast.node);
  }

  start() {
    return this.load();
  }

  close() {
    clearTimeout(this.timer);
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.change({ text: this.search.value }), PAUSE);
  }

  change(query) {
    this.query = { ...this.query, offset: 0, ...query };
    return this.load();
  }

  async load() {
    try {
      const page = await ask('GET', '/queues', { query: { ...this.query, limit: PAGE } });
      this.error.textContent = '';
      this.draw(page);
    } catch (error) {
      this.error.textContent = `The queues cannot be read: ${error.message}`;
    }
  }

  draw(page) {
    const { text, deleted, offset } = this.query;
    this.bin.ariaPressed = String(deleted);
    if (!page.total && !text && !deleted) this.fold.open = true;
    const none = deleted ? 'No queue is deleted.' : text ? 'No queue matches.' : 'No queues yet: make one above, from runs that are stored.';
    keepingFocus(this.list, () => fill(this.list, ...page.items.map((queue) => this.row(queue)), page.items.length ? null : el('li.st-empty', {}, none)));
    this.pager.draw(offset, page.total);
  }

  row(queue) {
    const name = queue.deleted_at ? el('span.st-name.st-contained', {}, queue.name)
      : el('button.st-name.st-contained', { type: 'button', data: { focus: `open ${queue.id}` }, onclick: () => this.pick(queue.id) }, queue.name);
    const act = (text, done) => el('button.st-link', { type: 'button', data: { focus: `${text} ${queue.id}` }, onclick: done }, text);
    return el('li.st-item', { data: { queue: queue.id } },
      el('div.st-main', {}, name, el('p.st-dim.st-contained', {}, factLine([queue.label_schema.name, plural(queue.items, 'item'), queue.blind ? 'blind' : '', when(queue.created_at)])),
        ...queue.progress.map(progressRow), queue.disputed ? el('p.st-dim', {}, `${plural(queue.disputed, 'item')} in dispute, ${counted(queue.adjudicated)} adjudicated`) : null),
      queue.owner ? el('p.st-itemactions', {}, queue.deleted_at ? act('Restore', () => this.put('POST', queue, '/restore')) : act('Delete', () => this.remove(queue))) : null);
  }

  async put(method, queue, rest = '') {
    try {
      await ask(method, of('queues', queue.id, rest));
      await this.load();
    } catch (error) {
      this.error.textContent = error.message;
    }
  }

  async remove(queue) {
    await this.put('DELETE', queue);
    this.toast.show(`Deleted “${queue.name.slice(0, 60)}”; its labels are kept.`, 'Undo', () => this.put('POST', queue, '/restore'));
  }

  edit(schema) {
    const editor = new SchemaEditor(schema, { saved: (made) => { fill(this.editor); this.form.schemasAgain(made.id); }, close: () => fill(this.editor) });
    fill(this.editor, editor.node);
    editor.node.querySelector('input').focus();
  }
}

/** How far one annotator is. */
export function progressRow({ annotator, states, total, mine }) {
  const done = states.submitted || 0;
  const rest = [states.draft ? `${counted(states.draft)} begun` : '', states.skipped ? `${counted(states.skipped)} skipped` : ''];
  return el('div.st-progressrow', {}, el('span.st-contained', {}, annotator, mine ? el('span.st-dim', {}, ' (you)') : null),
    el('div.st-progress', { role: 'progressbar', ariaLabel: `Progress of ${annotator}`, ariaValueMin: '0', ariaValueMax: '100', ariaValueNow: String(total ? Math.round((100 * done) / total) : 0), data: { status: done === total ? 'finished' : 'running' } }, el('span', { style: { '--share': total ? done / total : 0 } })),
    el('span.st-dim.st-num', {}, factLine([`${counted(done)} of ${counted(total)}`, ...rest])));
}
