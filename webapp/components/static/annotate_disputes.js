// The items that annotators disagree about, side by side, and what the owner decides.

import { Adjudicator } from './annotate_adjudicator.js';
import { ask, of } from './annotate_api.js';
import { titleOf } from './annotate_trace.js';
import { el, fill } from './dom.js';
import { Pager } from './library_filters.js';

const PAGE = 20;

/** The list of disputed items; one is opened below its row's place. */
export class Disputes {
  constructor(queue) {
    this.queue = queue;
    this.adjudicated = false;
    this.offset = 0;
    this.filters = el('div.st-segments', { role: 'group', ariaLabel: 'Disagreements that are' });
    this.list = el('div.st-disputes');
    this.pager = new Pager(PAGE, (offset) => { this.offset = offset; this.start(); });
    this.opened = el('div');
    this.node = el('section.st-part', { ariaLabel: 'Disagreements' }, this.filters, this.list, this.pager.node, this.opened);
  }

  close() {
    this.adjudicator?.close();
  }

  async start() {
    this.close();
    fill(this.opened);
    const kinds = [['Open', false], ['Adjudicated', true]];
    fill(this.filters, ...kinds.map(([title, value]) => el('button', { type: 'button', ariaPressed: String(value === this.adjudicated), onclick: () => { this.adjudicated = value; this.offset = 0; this.start(); } }, title)));
    const page = await ask('GET', of('queues', this.queue.id, '/disagreements'), { query: { adjudicated: String(this.adjudicated), offset: this.offset, limit: PAGE } });
    fill(this.list, ...page.items.map((item) => this.row(item)), page.items.length ? null : el('p.st-empty', {}, this.adjudicated ? 'Nothing is adjudicated yet.' : 'No open disagreements.'));
    this.pager.draw(this.offset, page.total);
  }

  row(item) {
    return el('article.st-dispute', { data: { item: item.id } }, el('header', {}, el('span.st-num.st-dim', {}, String(item.position + 1)), el('p.st-contained.st-clamp', {}, item.question),
      el('button.st-button', { type: 'button', onclick: () => this.open(item) }, item.adjudicated ? 'Decide again' : 'Decide')), sideBySide(this.queue.label_schema, item.fields, item.said));
  }

  async open(item) {
    const found = await ask('GET', of('items', item.id, '/adjudication'));
    this.close();
    fill(this.list);
    this.adjudicator = new Adjudicator(this.queue, found, () => this.start());
    fill(this.opened, this.adjudicator.node);
    this.adjudicator.begin();
  }
}

/** What each annotator said about the fields they differ in; what all said is dimmed. */
export function sideBySide(schema, names, said) {
  const fields = schema.fields.filter((field) => names.includes(field.name));
  return el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: 'Side by side' }, el('table', {},
    el('thead', {}, el('tr', {}, el('td', {}), ...said.map((each) => el('th', { scope: 'col' }, el('span.st-contained', {}, each.annotator))))),
    el('tbody', {}, ...fields.map((field) => row(field, said)))));
}

function row(field, said) {
  const lists = said.map(({ labels }) => labels.filter((label) => label.field === field.name && (label.confirmed || label.source !== 'suggestion')).sort((a, b) => (a.step ?? a.start ?? 0) - (b.step ?? b.start ?? 0)));
  const shared = (label) => lists.every((list) => list.some((each) => key(each) === key(label)));
  const words = (list) => (list.length ? list.map((label) => el(shared(label) ? 'div.st-contained.st-shared' : 'div.st-contained', {}, where(label), titleOf(field, label.value))) : [el('span.st-dim', {}, '–')]);
  return el('tr', {}, el('th', { scope: 'row' }, field.title), ...lists.map((list) => el('td', {}, ...words(list))));
}

const key = ({ value, step, start, end, text }) => JSON.stringify([value, step ?? null, start ?? null, end ?? null, text ?? 0]);

function where({ step, start, end }) {
  if (step !== null && step !== undefined) return el('span.st-dim', {}, `step ${step + 1}: `);
  return start === null || start === undefined ? null : el('span.st-dim', {}, `bytes ${start}–${end}: `);
}
