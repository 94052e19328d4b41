// A table of evidence: sorted by a click on a head, the chosen row marked, shares as bars, samples as links.

import { el, fill, keepingFocus, number, verdictBadge } from './dom.js';

const NUMERIC = new Set(['number', 'bar', 'sample']);

/** A table as a scrolling element; `go(branch)` shows a sample. */
export class EvidenceTable {
  constructor(table, title, go) {
    this.table = table;
    this.go = go;
    this.order = null; // {column, down}
    this.largest = table.columns.map((column, i) => column.whole || Math.max(...table.rows.map((row) => row[i] ?? 0)));
    this.grid = el('table', {});
    this.node = el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: title }, this.grid);
    this.draw();
  }

  draw() {
    keepingFocus(this.grid, () => fill(this.grid,
      el('thead', {}, el('tr', {}, ...this.table.columns.map((column, i) => this.head(column, i)))),
      el('tbody', {}, ...this.sorted().map((at) => this.row(at)))));
  }

  head({ head, kind, about }, i) {
    const sorted = this.order?.column === i ? (this.order.down ? 'descending' : 'ascending') : 'none';
    const sign = { descending: ' ↓', ascending: ' ↑', none: '' }[sorted];
    return el(NUMERIC.has(kind) ? 'th.st-numeric' : 'th', { scope: 'col', ariaSort: sorted },
      el('button', { type: 'button', title: about || null, data: { focus: `head-${i}` }, onclick: () => this.sort(i) }, head, sign));
  }

  /** Numbers go down first, texts and samples up; the third click is the order in which they came. */
  sort(column) {
    const first = ['number', 'bar'].includes(this.table.columns[column].kind);
    if (this.order?.column !== column) this.order = { column, down: first };
    else this.order = this.order.down === first ? { column, down: !first } : null;
    this.draw();
  }

  /** The places of the rows in the order in which they are shown; what is unknown comes last. */
  sorted() {
    const places = this.table.rows.map((_, at) => at);
    if (!this.order) return places;
    const { column, down } = this.order;
    const value = (at) => this.table.rows[at][column];
    const known = places.filter((at) => value(at) !== null);
    known.sort((a, b) => (down ? compared(value(b), value(a)) : compared(value(a), value(b))));
    return [...known, ...places.filter((at) => value(at) === null)];
  }

  row(at) {
    const chosen = at === this.table.chosen;
    const cells = this.table.rows[at].map((value, i) => this.cell(value, this.table.columns[i], i, chosen && i === 0));
    return el(chosen ? 'tr.st-chosen' : 'tr', {}, ...cells);
  }

  cell(value, { kind }, i, marked) {
    const star = marked ? el('span.st-star', { title: 'stands for the answer of the run', ariaLabel: 'chosen', role: 'img' }, '★ ') : null;
    if (kind === 'text' && value !== null) return el('td', {}, el('span.st-contained', {}, star, String(value)));
    return el(NUMERIC.has(kind) ? 'td.st-numeric' : 'td', {}, star, this.drawn(value, kind, i));
  }

  drawn(value, kind, i) {
    if (value === null) return el('span.st-dim', {}, '–');
    if (kind === 'verdict') return verdictBadge(value);
    if (kind === 'sample') return el('button.st-link', { type: 'button', ariaLabel: `Show sample ${value + 1}`, onclick: () => this.go(value) }, String(value + 1));
    if (kind === 'number') return written(value);
    const share = this.largest[i] > 0 ? value / this.largest[i] : 0;
    return el('span.st-cellbar', {}, el('span', { ariaHidden: 'true', style: { '--share': share } }), written(value));
  }
}

function compared(a, b) {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}

function written(value) {
  return number(value, Number.isInteger(value) ? 0 : 3);
}
