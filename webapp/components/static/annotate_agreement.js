// How far the annotators agree: a table a question, its labels down and the measures across, each with its interval.

import { ask, of } from './annotate_api.js';
import { titleOf } from './annotate_trace.js';
import { el, fill, number, plural } from './dom.js';

const MEASURES = {
  krippendorff_alpha: ['Krippendorff’s α', 'Agreement beyond chance, nominal; missing labels are allowed'],
  krippendorff_alpha_ordinal: ['α, ordinal', 'The same where the values are ranked: near misses count less'],
  cohen_kappa: ['Cohen’s κ', 'Agreement of two beyond chance'],
  fleiss_kappa: ['Fleiss’ κ', 'Agreement of several beyond chance'],
  first_error_same: ['Same step', 'The share that name the same step, or both none'],
  first_error_existence: ['Error or none', 'The share that agree whether there is an error'],
  first_error_distance: ['Steps apart', 'Where both found an error: the mean distance in steps'],
  span_f1: ['F1, exact', 'Spans that agree in both ends and the label'],
  span_overlap_f1: ['F1, overlap', 'What both marked of what either marked, byte by byte'],
  span_alignment: ['Best alignment', 'Like gamma, not gamma: 1 − disorder of the best alignment over that of moved spans'],
};

/** The agreement of a queue. */
export class Agreement {
  constructor(queue) {
    this.queue = queue;
    this.node = el('section.st-part', { ariaLabel: 'Agreement' });
  }

  async start() {
    fill(this.node, el('p.st-dim', { role: 'status' }, 'Computing…'));
    const found = await ask('GET', of('queues', this.queue.id, '/agreement'));
    const measures = found.items ? found.measures : [];
    const fields = this.queue.label_schema.fields.filter((field) => measures.some((each) => each.field === field.name));
    fill(this.node, el('h3', {}, 'Agreement'), fields.length ? el('p.st-dim', {}, about(found)) : el('p.st-empty', {}, 'There is nothing to compare yet: agreement needs items that two annotators have submitted.'),
      ...fields.map((field) => table(field, measures.filter((each) => each.field === field.name))));
    this.node.dataset.loaded = '1';
  }
}

function about({ items, annotators }) {
  return `From ${plural(items, 'item')} that two or more of ${annotators.join(', ')} submitted. 1 is full agreement; for α and κ, 0 is what chance gives. In small print the 95% interval, by bootstrap over items.`;
}

function table(field, measures) {
  const names = [...new Set(measures.map((each) => each.name))];
  const labels = [...new Set(measures.map((each) => each.label))].sort((a, b) => (a === null ? -1 : 0) - (b === null ? -1 : 0));
  const cellOf = (label, name) => measures.find((each) => each.label === label && each.name === name);
  const heads = names.map((name) => { const [title, help] = MEASURES[name] || [name.replaceAll('_', ' '), '']; return el('th.st-numeric', { scope: 'col', title: help }, title); });
  const rows = labels.map((label) => el('tr', { data: { label: label ?? '' } }, el('th', { scope: 'row' }, label === null ? 'All' : titleOf(field, label)), ...names.map((name) => cell(cellOf(label, name)))));
  return el('div.st-measures', { data: { field: field.name } }, el('h4', {}, field.title),
    el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: `Agreement about ${field.title}` }, el('table', {}, el('thead', {}, el('tr', {}, el('td', {}), ...heads)), el('tbody', {}, ...rows))),
    ...notes(measures));
}

function cell(measure) {
  if (!measure) return el('td', {});
  const { name, value, low, high, note } = measure;
  if (value === null) return el('td.st-numeric.st-dim', { title: note, data: { measure: name } }, '–');
  return el('td.st-numeric', { data: { measure: name, value: String(value) } }, el('b', {}, number(value, 3)), low === null ? null : el('small.st-dim', {}, `${number(low, 2)} to ${number(high, 2)}`));
}

/** Why some numbers are not there, each reason once. */
function notes(measures) {
  return [...new Set(measures.map((each) => each.note).filter(Boolean))].map((note) => el('p.st-dim.st-notetext', {}, `–: ${note}`));
}
