// How fast and how consistent annotators are, for the owner of the queue alone; others can be let join.

import { ask, of } from './annotate_api.js';
import { el, fill, number, percent } from './dom.js';

const HEADS = ['Annotator', 'Submitted', 'Seconds an item (median)', 'Items an hour', 'Same as others', 'Same as adjudicated', 'Changed after the reveal'];

/** The table of annotators; `changed()` is called after somebody joined. */
export class AnnotatorTable {
  constructor(queue, changed) {
    this.queue = queue;
    this.changed = changed;
    this.table = el('div');
    this.error = el('p.st-error', { role: 'alert' });
    this.name = el('input', { type: 'text', maxLength: 100 });
    this.everything = el('input', { type: 'checkbox' });
    this.node = el('section.st-part', { ariaLabel: 'Annotators' }, el('h3', {}, 'Annotators'), el('p.st-dim', {}, 'Only you, the owner of the queue, see this.'), this.table,
      el('form.st-join', { onsubmit: (event) => this.join(event) }, el('label', {}, 'Let another annotator join ', this.name), el('label.st-inline', {}, this.everything, ' give them every item'),
        el('button.st-button', { type: 'submit' }, 'Add')), this.error);
  }

  async start() {
    const { items } = await ask('GET', of('queues', this.queue.id, '/annotators'));
    fill(this.table, el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: 'Speed and consistency' }, el('table', {},
      el('thead', {}, el('tr', {}, ...HEADS.map((head, i) => el(i ? 'th.st-numeric' : 'th', { scope: 'col' }, head)))),
      el('tbody', {}, ...items.map(row)))));
  }

  async join(event) {
    event.preventDefault();
    this.error.textContent = '';
    try {
      await ask('PATCH', of('queues', this.queue.id), { body: { join: { name: this.name.value.trim() }, everything: this.everything.checked } });
      this.name.value = '';
      await this.start();
      this.changed();
    } catch (error) {
      this.error.textContent = error.message;
    }
  }
}

function row(each) {
  const cell = (text) => el('td.st-numeric', {}, text);
  return el('tr', { data: { annotator: each.annotator } }, el('td', {}, el('span.st-contained', {}, each.annotator)), cell(String(each.submitted)), cell(number(each.median_seconds, 1)),
    cell(number(each.per_hour, 0)), cell(percent(each.agreement)), cell(percent(each.adjudicated)), cell(String(each.changed_after_reveal)));
}
