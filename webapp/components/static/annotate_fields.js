// The questions of a schema beside the text: their options with digits, and what was said so far.

import { el, fill, keepingFocus } from './dom.js';
import { answered, said } from './annotate_labels.js';
import { labelBadge, suggestedBadge, titleOf } from './annotate_trace.js';

const SHOWN = 60; // characters of a marked stretch

/** The options that digits choose among, as {value, title}. */
export function optionsOf(field, step = 0) {
  if (field.kind === 'first_error') return [{ value: 'step', title: `Step ${step + 1} is the first error` }, { value: 'none', title: 'No error' }];
  return field.options;
}

/** The panel; `on` has choose(place, option), write(field, value), focus(place), about(), remove(label), accept(suggested). */
export class Fields {
  constructor(on) {
    this.on = on;
    this.notes = new Map();
    this.node = el('div.st-questions', { role: 'group', ariaLabel: 'Questions' });
  }

  /** Begin another item: nothing typed is carried over. */
  begin(fields) {
    this.fields = fields;
    this.notes.clear();
  }

  draw(state, view) {
    keepingFocus(this.node, () => fill(this.node, ...this.fields.map((field, place) => this.question(field, place, state, view))));
    this.node.children[view.active]?.scrollIntoView({ block: 'nearest' });
  }

  /** Put the writer's cursor into the first question that takes a text; false where there is none. */
  write() {
    const box = this.node.querySelector('textarea');
    box?.focus();
    return Boolean(box);
  }

  question(field, place, state, view) {
    const active = place === view.active;
    const done = answered(state, field);
    return el('section.st-question', { ariaLabel: field.title, data: { field: field.name, kind: field.kind, active: String(active), answered: String(done) }, onpointerdown: (event) => this.pointed(event, place) },
      el('h4', {}, el('span', { ariaHidden: 'true' }, done ? '✓ ' : active ? '▸ ' : ''), field.title, field.required ? el('span.st-dim', {}, ' (required)') : null, where(field, state, view)),
      field.help && active ? el('p.st-dim', {}, field.help) : null,
      field.kind === 'text' ? this.note(field, state) : this.options(field, place, state, view, active),
      field.kind === 'choices' && view.stepped ? this.about(view) : null,
      field.kind === 'spans' ? this.spans(field, state, view) : null,
      ...view.suggestions.filter(({ label }) => label.field === field.name && (label.step ?? null) === null || label.field === field.name && label.value === 'none').map((each) => this.suggestion(field, each)));
  }

  /** The focus stays at the text, where the keys are; a button is not drawn anew while it is pressed. */
  pointed(event, place) {
    if (event.target.closest('textarea')) return;
    event.preventDefault();
    if (!event.target.closest('button')) this.on.focus(place);
  }

  options(field, place, state, view, active) {
    const chosen = chosenOf(field, state, view);
    return el('div.st-options', { role: 'group', ariaLabel: field.title }, ...optionsOf(field, view.cursor.step).map((option, i) =>
      el('button.st-option', { type: 'button', tabIndex: active ? 0 : -1, ariaPressed: String(chosen.has(option.value)), data: { focus: `${field.name} ${option.value}`, value: option.value }, onclick: () => this.on.choose(place, i) },
        active && i < 9 ? el('kbd', { ariaHidden: 'true' }, String(i + 1)) : null, el('span', {}, option.title))));
  }

  note(field, state) {
    const value = said(state, field)[0]?.value ?? '';
    let box = this.notes.get(field.name);
    if (!box) {
      box = el('textarea', { rows: 3, maxLength: 20000, ariaLabel: field.title, data: { focus: `note ${field.name}` }, oninput: () => this.on.write(field, box.value) });
      this.notes.set(field.name, box);
    }
    if (document.activeElement !== box) box.value = value;
    return box;
  }

  about(view) {
    return el('button.st-toggle', { type: 'button', ariaPressed: String(view.perStep), data: { focus: 'about' }, onclick: () => this.on.about() }, el('kbd', { ariaHidden: 'true' }, 't'), view.perStep ? ` of step ${view.cursor.step + 1}` : ' of the whole text');
  }

  spans(field, state, view) {
    const list = said(state, field);
    if (!list.length) return el('p.st-dim', {}, view.selection ? 'Choose what is selected.' : 'Select tokens with Shift and the arrows, or with the mouse.');
    return el('ul.st-spans', {}, ...list.map((label) => el('li', {}, labelBadge(field, label), el('q.st-contained', {}, excerpt(view.piece(label))),
      el('button.st-icon', { type: 'button', ariaLabel: `Remove ${titleOf(field, label.value)}`, onclick: () => this.on.remove(label) }, '×'))));
  }

  suggestion(field, suggested) {
    return el('p.st-suggestion', {}, suggestedBadge(field, suggested.label, suggested.why), el('span.st-dim', {}, ` ${suggested.why} `),
      el('button.st-link', { type: 'button', onclick: () => this.on.accept(suggested) }, 'Accept'));
  }
}

/** The values of a field that are said of where the cursor is. */
function chosenOf(field, state, { cursor, perStep, stepped }) {
  const { text, step } = cursor;
  if (field.kind === 'steps') return new Set(said(state, field, { text, step }).map((label) => label.value));
  if (field.kind === 'first_error') return new Set(said(state, field).filter((label) => label.value === 'none' || ((label.text ?? 0) === text && label.step === step)).map((label) => label.value));
  if (field.kind === 'spans') return new Set();
  if (field.kind !== 'choices') return new Set(said(state, field).map((label) => label.value));
  const of = stepped && perStep ? step : null;
  return new Set(said(state, field).filter((label) => (label.step ?? null) === of && (of === null || (label.text ?? 0) === text)).map((label) => label.value));
}

function where(field, state, { cursor, steps }) {
  if (field.kind === 'first_error') {
    const [label] = said(state, field);
    return label ? el('span.st-dim', {}, label.value === 'none' ? ' · none' : ` · step ${label.step + 1}`) : null;
  }
  if (field.kind !== 'steps') return null;
  return el('span.st-dim.st-num', {}, ` · step ${cursor.step + 1} of ${steps[cursor.text].length}`);
}

function excerpt(text) {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
