// How far the annotators agree: each measure with its interval, and each label by itself.

import { ask, of } from './annotate_api.js';
import { titleOf } from './annotate_trace.js';
import { el, fill, number, plural } from './dom.js';

/** The agreement of a queue. */
export class Agreement {
  constructor(queue) {
    this.queue = queue;
    this.node = el('section.st-part', { ariaLabel: 'Agreement' });
  }

  async start() {
    fill(this.node, el('p.st-dim', { role: 'status' }, 'Computing…'));
    const found = await ask('GET', of('queues', this.queue.id, '/agreement'));
    const fields = this.queue.label_schema.fields.filter((field) => found.measures.some((each) => each.field === field.name));
    fill(this.node, el('h3', {}, 'Agreement'), el('p.st-dim', {}, about(found)), ...fields.map((field) => table(field, found.measures.filter((each) => each.field === field.name))),
      fields.length ? null : el('p.st-empty', {}, 'There is nothing to compare yet: agreement needs items that two annotators have submitted.'));
    this.node.dataset.loaded = '1';
  }
}

function about({ items, annotators }) {
  return `From ${plural(items, 'item')} that two or more of ${annotators.join(', ') || 'nobody'} submitted. 1 is full agreement, 0 what chance gives (for kappa and alpha). Intervals: 95%, bootstrap over items.`;
}

function table(field, measures) {
  const whole = measures.filter((each) => each.label === null);
  const labels = measures.filter((each) => each.label !== null);
  const head = el('thead', {}, el('tr', {}, ...['Measure', 'Of', 'Value', '95% interval', 'Items'].map((text, i) => el(i > 1 ? 'th.st-numeric' : 'th', { scope: 'col' }, text))));
  return el('div.st-measures', {}, el('h4', {}, field.title), el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: `Agreement about ${field.title}` },
    el('table', {}, head, el('tbody', {}, ...[...whole, ...labels].map((each) => row(field, each))))));
}

function row(field, { name, label, value, low, high, items, note }) {
  const range = low === null || low === undefined || value === null ? '' : `${number(low, 3)} to ${number(high, 3)}`;
  return el('tr', { data: { measure: name, label: label ?? '' } }, el('td', {}, name), el('td', {}, label === null ? el('span.st-dim', {}, 'all') : titleOf(field, label)),
    el('td.st-numeric', {}, value === null ? el('span.st-dim', {}, '–') : el('b', {}, number(value, 3))),
    el('td.st-numeric', {}, range || el('span.st-dim.st-notetext', {}, note)), el('td.st-numeric', {}, String(items)));
}
