// One item: its texts and questions, where the keyboard's cursor is, and what each key does to the labels.

import { Fields, optionsOf } from './annotate_fields.js';
import * as labels from './annotate_labels.js';
import { itemHead } from './annotate_head.js';
import { Trace } from './annotate_trace.js';
import { diffView } from './diff_view.js';
import { el, fill } from './dom.js';
import { wordDiff } from './word_diff.js';

const COLOURS = ['off', 'entropy', 'chosen'];
const RANKED = new Set(['choice', 'scale', 'preference']); // after an answer, the next question is marked

/** An item as one annotator sees it; `on` has changed(merged) and tell(text). */
export class Item {
  constructor(item, schema, on) {
    this.item = item;
    this.fields = schema.fields;
    this.on = on;
    this.state = labels.taken(item.annotation, item.texts);
    this.cursor = { text: 0, step: 0, token: null };
    this.selection = null; // {anchor, head}: tokens
    this.stepped = schema.fields.some((field) => labels.STEPPED.has(field.kind));
    this.perStep = this.stepped;
    this.begin(item.annotation.state === 'submitted');
    this.build(schema);
    this.draw();
  }

  /** Where one starts: at what is open, in what was submitted at the first question. */
  begin(submitted) {
    this.active = submitted ? 0 : Math.max(0, this.nextOpen(-1));
    const field = this.fields[this.active];
    if (field.kind !== 'steps') return;
    const open = this.state.steps[0].findIndex((_, step) => !labels.said(this.state, field, { text: 0, step }).length);
    this.cursor.step = Math.max(0, open);
  }

  build(schema) {
    const pair = this.item.texts.length > 1;
    this.traces = this.item.texts.map((text, i) => new Trace(text, i, pair ? `Text ${i + 1}` : 'Text', {
      pick: (step, token) => { this.cursor = { text: i, step, token }; this.selection = null; this.draw(); },
      select: (from, to) => this.selectTokens(i, from, to),
    }));
    this.panel = new Fields({
      choose: (place, option) => { this.active = place; this.choose(option); }, write: (field, value) => this.write(field, value),
      focus: (place) => { this.active = place; this.draw(); }, about: () => this.about(), remove: (label) => this.change(labels.without(this.state, label)),
      accept: (suggested) => this.acceptThese([suggested]),
    });
    this.panel.begin(this.fields);
    this.compared = el('div');
    this.texts = el(pair ? 'div.st-texts.st-two' : 'div.st-texts', { data: { mode: 'off' } }, ...this.traces.map((trace, i) =>
      el('section', { ariaLabel: trace.node.ariaLabel }, pair ? el('h4', {}, i === 0 ? 'First' : 'Second') : null, trace.node)));
    this.node = el('div.st-item-texts', {}, itemHead(this.item, schema), this.texts, this.compared);
  }

  /** What is kept: labels that count, and those suggested that nobody decided about. */
  body() {
    const open = this.suggestions().map(({ label }) => ({ ...label, confirmed: false }));
    return { labels: [...this.state.labels, ...open], steps: this.state.steps };
  }

  get empty() {
    return this.state.labels.length === 0;
  }

  suggestions() {
    return labels.open(this.state, this.item.suggestions, this.fields, this.item.texts);
  }

  draw() {
    this.clamp();
    const view = {
      fields: this.fields, active: this.active, cursor: this.cursor, suggestions: this.suggestions(), perStep: this.perStep, stepped: this.stepped, steps: this.state.steps,
      selection: this.selection && { from: Math.min(this.selection.anchor, this.selection.head), to: Math.max(this.selection.anchor, this.selection.head) },
      piece: (label) => this.traces[label.text ?? 0].tokens.piece(label.start, label.end),
    };
    for (const trace of this.traces) trace.draw(this.state, view);
    this.panel.draw(this.state, view);
    this.traces[this.cursor.text].reveal();
  }

  clamp() {
    const last = this.state.steps[this.cursor.text].length - 1;
    this.cursor.step = Math.max(0, Math.min(this.cursor.step, last));
    if (this.selection) this.active = this.placeOf('spans') ?? this.active;
  }

  change(state, merged = null) {
    if (state === this.state) return;
    this.state = state;
    this.draw();
    this.on.changed(merged);
  }

  focus() {
    this.traces[this.cursor.text].node.focus({ preventScroll: true });
  }

  /* What the keys do. */

  choose(place) {
    const field = this.fields[this.active];
    const option = field.kind === 'text' ? null : optionsOf(field, this.cursor.step)[place];
    if (!option) return;
    const label = { value: option.value, text: field.kind === 'steps' || field.kind === 'spans' ? this.cursor.text : 0, ...this.at(field, option) };
    if (field.kind === 'spans' && !this.selection) { this.on.tell('Select tokens first: Shift with ← and →, or the mouse.'); return; }
    if (field.kind === 'spans' && label.start === undefined) return;
    const step = this.cursor.step;
    this.selection = null;
    const state = labels.toggle(this.state, field, label);
    this.advance(field, state);
    this.change(state);
    this.on.tell(field.kind === 'steps' ? `Step ${step + 1}: ${option.title}` : `${field.title}: ${option.title}`, true);
  }

  /** Where a label is: its step, or its stretch of the text. */
  at(field, option) {
    const { text, step } = this.cursor;
    if (field.kind === 'steps' || (field.kind === 'first_error' && option.value === 'step')) return { text, step };
    if (field.kind === 'choices' && this.stepped && this.perStep) return { text, step };
    if (field.kind !== 'spans' || !this.selection) return {};
    const { anchor, head } = this.selection;
    return this.traces[text].tokens.stretch(Math.min(anchor, head), Math.max(anchor, head)) || {};
  }

  /** After an answer: the next step, and after the last one the next question that is open. */
  advance(field, state) {
    const rows = this.state.steps[this.cursor.text];
    if (field.kind === 'steps' && this.cursor.step + 1 < rows.length) { this.cursor = { ...this.cursor, step: this.cursor.step + 1, token: null }; return; }
    if (field.kind === 'steps' && this.cursor.text + 1 < this.traces.length) { this.cursor = { text: this.cursor.text + 1, step: 0, token: null }; return; }
    if (!RANKED.has(field.kind) && !labels.STEPPED.has(field.kind)) return;
    const next = this.nextOpen(this.active, state);
    if (next >= 0) this.active = next;
  }

  /** The next question after a place that nothing was said of; notes are nobody's next. */
  nextOpen(place, state = this.state) {
    const open = (field) => field.kind !== 'text' && !labels.answered(state, field);
    const after = this.fields.findIndex((field, i) => i > place && open(field));
    return after >= 0 ? after : this.fields.findIndex(open);
  }

  placeOf(kind) {
    const place = this.fields.findIndex((field) => field.kind === kind);
    return place < 0 ? null : place;
  }

  clear() {
    const field = this.fields[this.active];
    const found = labels.said(this.state, field, field.kind === 'steps' ? this.cursor : {});
    const { text, step } = this.cursor;
    const own = field.kind === 'steps' ? found.filter((label) => (label.text ?? 0) === text && label.step === step) : found;
    if (own.length) this.change({ ...this.state, labels: this.state.labels.filter((label) => label !== own.at(-1)) });
  }

  step(by) {
    let { text, step } = this.cursor;
    step += by;
    if (step < 0 && text > 0) { text -= 1; step = this.state.steps[text].length - 1; }
    if (step >= this.state.steps[text].length && text + 1 < this.traces.length) { text += 1; step = 0; }
    this.cursor = { text, step: Math.max(0, Math.min(step, this.state.steps[text].length - 1)), token: null };
    this.selection = null;
    const { kind } = this.fields[this.active];
    if (!labels.STEPPED.has(kind) && kind !== 'choices' && kind !== 'spans') this.active = this.placeOf('steps') ?? this.placeOf('first_error') ?? this.active;
    this.draw();
  }

  token(by) {
    const trace = this.traces[this.cursor.text];
    const from = this.cursor.token ?? trace.first(this.cursor.step) - (by > 0 ? 1 : 0);
    const token = Math.max(0, Math.min(from + by, trace.places.length - 1));
    this.cursor = { ...this.cursor, token, step: trace.places[token] ?? 0 };
    this.selection = null;
    this.draw();
  }

  extend(by) {
    if (this.placeOf('spans') === null) { this.on.tell('This queue asks for no spans.'); return; }
    const trace = this.traces[this.cursor.text];
    const anchor = this.selection?.anchor ?? this.cursor.token ?? Math.max(0, trace.first(this.cursor.step));
    const head = this.selection ? Math.max(0, Math.min(this.selection.head + by, trace.places.length - 1)) : anchor;
    this.selection = { anchor, head };
    this.cursor = { ...this.cursor, token: head, step: trace.places[head] };
    this.draw();
  }

  selectTokens(text, from, to) {
    this.cursor = { text, step: this.traces[text].places[to], token: to };
    if (this.placeOf('spans') !== null) this.selection = { anchor: from, head: to };
    this.draw();
  }

  field(by) {
    this.active = (this.active + by + this.fields.length) % this.fields.length;
    this.selection = null;
    this.draw();
  }

  firstError() {
    this.mark('first_error', 0);
  }

  noError() {
    this.mark('first_error', 1);
  }

  mark(kind, option) {
    const place = this.placeOf(kind);
    if (place === null) { this.on.tell('This queue does not ask for the first error.'); return; }
    this.active = place;
    this.choose(option);
  }

  about() {
    this.perStep = this.stepped && !this.perStep;
    this.draw();
  }

  merge() {
    const { text, step } = this.cursor;
    if (step + 1 >= this.state.steps[text].length) { this.on.tell('There is no step after this one to merge it with.'); return; }
    this.change(labels.merge(this.state, this.fields, text, step));
  }

  split() {
    const { text, step, token } = this.cursor;
    const trace = this.traces[text];
    const row = this.state.steps[text][step];
    const start = token === null ? row.start : trace.tokens.words[token];
    const before = token === null ? null : trace.tokens.stretch(trace.first(step), token - 1);
    if (!before || start <= row.start || start >= row.end) { this.on.tell('Go with → to the token with which the new step begins.'); return; }
    this.cursor = { text, step: step + 1, token: null };
    this.change(labels.split(this.state, text, step, before.end, start));
  }

  /** Accept what is suggested of this step, or of the marked question. */
  accept() {
    const { text, step } = this.cursor;
    const name = this.fields[this.active].name;
    const here = this.suggestions().filter(({ label }) => ((label.step ?? null) === null || label.value === 'none' ? label.field === name : (label.text ?? 0) === text && label.step === step));
    if (!here.length) this.on.tell('Nothing is suggested here.');
    this.acceptThese(here);
  }

  acceptAll() {
    this.acceptThese(this.suggestions());
  }

  acceptThese(list) {
    const named = (label) => this.fields.find((field) => field.name === label.field);
    this.change(list.reduce((state, { label }) => labels.put(state, named(label), { ...label, source: 'suggestion', confirmed: true }), this.state));
  }

  write(field, value) {
    this.change(labels.write(this.state, field, value), field.name);
  }

  note() {
    if (!this.panel.write()) this.on.tell('This queue asks for no note.');
  }

  escape() {
    this.selection = null;
    this.cursor = { ...this.cursor, token: null };
    this.draw();
  }

  colour() {
    if (!this.item.texts.some((text) => text.signals)) { this.on.tell('The numbers of tokens are not shown before you have submitted.'); return; }
    const { mode } = this.texts.dataset;
    this.texts.dataset.mode = COLOURS[(COLOURS.indexOf(mode) + 1) % COLOURS.length];
    this.on.tell({ off: 'Plain text', entropy: 'Coloured by entropy, in full from 4 nats on', chosen: 'Coloured by how improbable the chosen token was, in full from 0.7% down' }[this.texts.dataset.mode]);
  }

  differences() {
    const [first, second] = this.item.texts;
    if (!second) { this.on.tell('There is only one text.'); return; }
    const shown = this.compared.childElementCount > 0;
    fill(this.compared, shown ? null : diffView(wordDiff(first.text, second.text), 'What the second changes in the first'));
  }
}
