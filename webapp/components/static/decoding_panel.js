// The decoding panel: what each truncation rule keeps at a token, and along its text. The server computes, this draws.

import { el, fetchJson, fill, number, percent } from './dom.js';
import { RuleSettings } from './decoding_settings.js';
import { keptTokens, ruleTable } from './decoding_tables.js';
import { Figure } from './figure.js';
import { visible } from './token_view.js';

const PAUSE = 150; // milliseconds without a movement of a slider before the server is asked again
const NATS_PER_BIT = Math.LN2;

/** One panel beside the texts. `moved(generation, index)` is called when it goes on to another token of a text. */
export class DecodingPanel {
  constructor(moved) {
    this.moved = moved;
    this.settings = new RuleSettings(() => this.later());
    this.title = el('h3', { tabIndex: -1 });
    this.steps = [-1, 1].map((by) => el('button.st-icon', { type: 'button', ariaLabel: by < 0 ? 'Token before' : 'Next token', onclick: () => this.go(this.index + by) }, by < 0 ? '‹' : '›'));
    this.note = el('p.st-note', { role: 'status' });
    this.facts = el('p.st-dim.st-facts');
    this.plot = el('div.st-plot', { role: 'figure', ariaLabel: 'Sorted probabilities with the cut of each rule' });
    this.rules = el('div.st-tablebox');
    this.tokens = el('div.st-tablebox.st-tokens', { tabIndex: 0, role: 'group', ariaLabel: 'Tokens, the most probable first' });
    this.alongPlot = el('div.st-plot', { role: 'figure', ariaLabel: 'Kept tokens along the text' });
    this.along = el('details', { ontoggle: () => this.askAlong() }, el('summary', {}, 'Kept tokens along the text'), this.alongPlot);
    this.figure = new Figure(this.plot);
    this.alongFigure = new Figure(this.alongPlot, (point) => this.go(Math.round(point.x) - 1));
    this.node = el('aside.st-decoding', { hidden: true, role: 'dialog', ariaLabel: 'What each rule keeps', onkeydown: (event) => this.key(event) },
      el('header', {}, this.title, ...this.steps, el('button.st-icon', { type: 'button', ariaLabel: 'Close', onclick: () => this.close() }, '×')),
      this.settings.node, this.note, this.facts, this.plot, this.rules, this.tokens, this.along);
  }

  get open() {
    return !this.node.hidden;
  }

  /** Show a token; `focus` moves the keyboard into the panel. */
  show(generation, index, focus = false) {
    if (generation !== this.generation) this.settings.forgetTemperature();
    const other = generation !== this.generation;
    this.generation = generation;
    this.index = index;
    this.node.hidden = false;
    if (focus) this.back = document.activeElement;
    this.head();
    if (focus) this.title.focus();
    this.ask();
    if (other) this.askAlong();
    else this.markAlong();
  }

  close() {
    const inside = this.node.contains(document.activeElement);
    clearTimeout(this.timer);
    this.asking?.abort();
    this.askingAlong?.abort();
    this.node.hidden = true;
    this.generation = null;
    if (inside) this.back?.focus({ preventScroll: true });
  }

  key(event) {
    if (event.key !== 'Escape') return;
    this.close();
    event.preventDefault();
    event.stopPropagation();
  }

  go(index) {
    if (!(index >= 0 && index < this.generation.ids.length)) return;
    this.moved(this.generation, index);
    this.show(this.generation, index);
  }

  head() {
    const { generation, index } = this;
    fill(this.title, 'What each rule keeps at ', el('code.st-contained', {}, visible(generation.text[index])),
      el('span.st-dim', {}, ` token ${index + 1} of ${generation.ids.length}`));
    this.steps[0].disabled = index === 0;
    this.steps[1].disabled = index === generation.ids.length - 1;
  }

  /** A setting moves: ask when it rests. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.ask(); this.askAlong(); }, PAUSE);
  }

  async ask() {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.node.setAttribute('aria-busy', 'true');
    try {
      const found = await fetchJson(this.address('rules', { index: this.index }), asking.signal);
      if (asking === this.asking) this.draw(found);
    } catch (error) {
      if (asking === this.asking && error.name !== 'AbortError') this.refused(error.message);
    }
  }

  async askAlong() {
    this.askingAlong?.abort();
    if (!this.along.open || !this.open) return;
    const asking = new AbortController();
    this.askingAlong = asking;
    try {
      const { figure } = await fetchJson(this.address('rules/along'), asking.signal);
      if (asking !== this.askingAlong) return;
      this.alongDrawn = figure;
      this.markAlong();
    } catch (error) {
      if (asking === this.askingAlong && error.name !== 'AbortError') this.alongFigure.clear(error.message);
    }
  }

  address(what, more = {}) {
    const query = new URLSearchParams({ ...this.settings.values(), ...more });
    return `/api/texts/${encodeURIComponent(this.generation.id)}/${what}?${query}`;
  }

  draw(found) {
    this.node.setAttribute('aria-busy', 'false');
    this.node.dataset.drawn = found.index;
    this.settings.take(found);
    fill(this.note, found.unknown);
    fill(this.facts, ...facts(found).map((fact) => el('span', {}, fact)));
    fill(this.rules, ruleTable(found));
    fill(this.tokens, keptTokens(found));
    this.figure.show(found.figure, () => this.open).catch((error) => this.figure.clear(`The chart cannot be drawn: ${error.message}`));
  }

  refused(sentence) {
    this.node.setAttribute('aria-busy', 'false');
    fill(this.note, el('span.st-error', {}, sentence));
    fill(this.facts);
    fill(this.rules);
    fill(this.tokens);
    this.figure.clear('');
  }

  /** Draw the line along the text again, with a mark at the token. */
  markAlong() {
    if (!this.alongDrawn || !this.along.open || !this.generation) return;
    const mark = { type: 'line', x0: this.index + 1, x1: this.index + 1, y0: 0, y1: 1, yref: 'paper', line: { width: 1, dash: 'dot', color: '#8c8c8c' } };
    const { data, layout } = this.alongDrawn;
    this.alongFigure.show({ data, layout: { ...layout, shapes: [mark] } }, () => this.open)
      .catch((error) => this.alongFigure.clear(`The chart cannot be drawn: ${error.message}`));
  }
}

function facts({ entropy, probability, rank, temperature }) {
  return [
    `at temperature ${number(temperature)}`,
    entropy === null ? 'H(p) unknown' : `H(p) ${number(entropy)} nats = ${number(entropy / NATS_PER_BIT)} bits`,
    probability === null ? 'probability of the token unknown' : `the token in the text: ${percent(probability)}`,
    rank === null ? '' : `rank ${(rank + 1).toLocaleString('en')}`,
  ].filter(Boolean);
}
