// The cells of an experiment, a page at a time, narrowed to what is asked for, each with a link to its run.

import { el, factLine, fetchJson, fill, keepingFocus, number, verdictBadge } from './dom.js';
import { cellBadge } from './experiment_words.js';
import { Pager } from './library_filters.js';
import { transitionBadge } from './transition.js';

const PAGE = 25;
const PAUSE = 200; // milliseconds without typing before a search
const STATES = { '': 'in any state', waiting: 'that wait', running: 'at work', done: 'that are done', failed: 'that failed', cancelled: 'that were called off' };
const OUTCOMES = {
  '': 'with any outcome', correct: 'that end right', incorrect: 'that end wrong', unparsed: 'without an answer', 'incorrect>correct': 'wrong → right',
  'correct>incorrect': 'right → wrong', 'correct>correct': 'right → right', 'incorrect>incorrect': 'wrong → wrong',
};
const EVERYTHING = { state: '', arm: '', model: '', seed: '', outcome: '', text: '', offset: 0 };

/** The list of the open experiment's cells. */
export class Cells {
  constructor() {
    this.query = { ...EVERYTHING };
    this.filters = el('div.st-cellfilters', { role: 'search' });
    this.body = el('div');
    this.pager = new Pager(PAGE, (offset) => this.change({ offset }));
    this.search = el('input', { type: 'search', placeholder: 'Search questions', ariaLabel: 'Search questions', oninput: () => this.typed() });
    this.node = el('section.st-part', { ariaLabel: 'Cells' }, el('h3', {}, 'Cells'), this.filters, this.body, this.pager.node);
  }

  /** Take what the server told of the experiment; a change of its counts loads the page again. */
  update(found) {
    const changed = found.id !== this.found?.id;
    if (changed) { this.query = { ...EVERYTHING }; this.search.value = ''; }
    const counts = JSON.stringify([found.id, found.cells]);
    this.found = found;
    if (changed) this.drawFilters();
    if (counts === this.counts) return;
    this.counts = counts;
    this.load();
  }

  /** Show other cells, from the first one on, and bring them into sight. */
  narrow(query) {
    this.search.value = '';
    this.query = { ...EVERYTHING, ...query };
    this.drawFilters();
    this.load();
    this.node.scrollIntoView({ block: 'start' });
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.change({ text: this.search.value }), PAUSE);
  }

  change(query) {
    this.query = { ...this.query, offset: 0, ...query };
    this.load();
  }

  async load() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const asked = Object.entries({ ...this.query, limit: PAGE }).filter(([, value]) => value !== '' && value !== null);
    try {
      const page = await fetchJson(`/api/experiments/${encodeURIComponent(this.found.id)}/cells?${new URLSearchParams(asked)}`, signal);
      keepingFocus(this.node, () => { fill(this.body, page.items.length ? this.table(page.items) : el('p.st-dim', {}, 'No cell is like that.')); this.pager.draw(this.query.offset, page.total); });
    } catch (error) {
      if (error.name !== 'AbortError') fill(this.body, el('p.st-error', { role: 'alert' }, `The cells cannot be read: ${error.message}`));
    }
  }

  drawFilters() {
    const { arms, results, seeds } = this.found;
    const models = [...new Set(results.map(({ model }) => model))];
    const named = (first, names) => ({ '': first, ...Object.fromEntries(names) });
    fill(this.filters, this.search,
      this.choice('state', 'State', STATES),
      this.choice('outcome', 'Outcome', OUTCOMES),
      arms.length > 1 ? this.choice('arm', 'Method', named('of all methods', arms.map((arm, i) => [i, arm]))) : null,
      models.length > 1 ? this.choice('model', 'Model', named('of all models', models.map((model) => [model, model]))) : null,
      seeds.length > 1 ? this.choice('seed', 'Seed', named('of all seeds', seeds.map((seed) => [seed, `seed ${seed}`]))) : null);
  }

  choice(name, label, options) {
    const value = String(this.query[name]);
    const entries = Object.entries(options).sort(([a], [b]) => (a === '' ? -1 : b === '' ? 1 : 0)); // number-like keys come first otherwise
    return el('select', { ariaLabel: label, data: { focus: name, name }, onchange: (event) => this.change({ [name]: event.target.value }) },
      ...entries.map(([key, text]) => el('option', { value: key, selected: key === value }, text)));
  }

  table(items) {
    return el('div.st-tablebox.st-celltable', { tabIndex: 0, role: 'region', ariaLabel: 'Cells' }, el('table', {},
      el('thead', {}, el('tr', {}, ...['#', 'Problem', 'Method', 'State', 'Answer', 'Cost'].map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, ...items.map((item) => this.row(item)))));
  }

  row(item) {
    const { arms, models, seeds } = this.found;
    const link = item.run_id && item.run_status ? el('a.st-link', { href: `/?run=${encodeURIComponent(item.run_id)}`, data: { focus: `run ${item.position}` }, ariaLabel: `Open the run of cell ${item.position + 1}` }, 'Open') : null;
    return el('tr', { data: { cell: String(item.position), state: item.state } },
      el('td.st-num', {}, String(item.position + 1)),
      el('td', {}, el('span.st-contained.st-question', {}, item.question), el('small.st-dim.st-contained', {}, item.source)),
      el('td', {}, el('span.st-contained', {}, arms[item.arm]),
        el('small.st-dim.st-contained', {}, factLine([models.length > 1 ? item.model : '', seeds.length > 1 ? `seed ${item.seed}` : '', item.attempts > 1 ? `attempt ${item.attempts}` : '']))),
      el('td', {}, cellBadge(item.state), item.error ? el('small.st-error.st-contained', {}, item.error) : null, link),
      el('td', {}, ...outcome(item)),
      el('td.st-num', {}, item.state === 'done' ? factLine([`${item.cost.generated_tokens.toLocaleString('en')} tokens`, `${number(item.cost.seconds, 1)} s`]) : ''));
  }
}

function outcome(item) {
  if (item.state !== 'done') return [];
  const first = { answer: item.first_answer, verdict: item.first_verdict };
  const changed = item.first_answer !== item.answer || item.first_verdict !== item.verdict;
  return [item.answer === null ? null : el('b.st-contained.st-answer', {}, item.answer), verdictBadge(item.verdict), changed ? transitionBadge(first, item) : null,
    item.oracle ? el('span.st-badge.st-oracle', {}, '⚑ oracle') : null];
}
