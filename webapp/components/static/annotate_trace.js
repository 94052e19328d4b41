// One text of an item, cut into steps: what was said of each, the marked token, the selection, the spans.

import { el, fill } from './dom.js';
import { ratingOf, said } from './annotate_labels.js';
import { Tokens } from './annotate_tokens.js';

/** A text as a list of steps; `on` has pick(step, token) and select(from, to), with tokens. */
export class Trace {
  constructor(text, index, name, on) {
    this.index = index;
    this.tokens = new Tokens(text);
    this.on = on;
    this.node = el('ol.st-steps', { role: 'listbox', tabIndex: 0, ariaLabel: name, data: { focus: `trace ${index}`, text: String(index) }, onpointerup: (event) => this.pointed(event) });
  }

  /** Draw the text as it is now; `view` has fields, suggestions, cursor and selection. Only what changed is touched. */
  draw(state, view) {
    const steps = state.steps[this.index];
    const spans = this.spansOf(state, view.fields);
    const made = JSON.stringify([steps, spans]);
    if (made !== this.made) this.build(steps, spans);
    this.made = made;
    const here = view.cursor.text === this.index;
    this.mark('st-cursor', here && view.cursor.token !== null ? [view.cursor.token, view.cursor.token] : null);
    this.mark('st-selected', here && view.selection ? [view.selection.from, view.selection.to] : null);
    const badges = this.badges(state, view);
    this.steps.forEach((node, step) => this.update(node, badges[step], signOf(state, view, this.index, step), here && step === view.cursor.step));
    const current = here ? this.steps[view.cursor.step] : null;
    if (current) this.node.setAttribute('aria-activedescendant', current.id);
    else this.node.removeAttribute('aria-activedescendant');
  }

  /** Make the steps and their tokens. */
  build(steps, spans) {
    this.places = this.tokens.places(steps);
    const rows = steps.map(() => el('span.st-steptext'));
    this.nodes = this.places.map((place, i) => this.tokens.draw(i, i === 0 || this.places[i - 1] !== place));
    let last = null;
    this.nodes.forEach((node, i) => {
      last = marked(rows[this.places[i]], node, spans.filter((span) => span.start < this.tokens.ends[i] && span.end > this.tokens.words[i]), last);
    });
    this.marks = {};
    this.steps = rows.map((row, step) => el('li.st-step', { role: 'option', id: `st-step-${this.index}-${step}`, data: { step: String(step) } },
      el('span.st-stepnumber.st-num', { ariaLabel: `Step ${step + 1}` }, String(step + 1)), row, el('span.st-steplabels')));
    fill(this.node, ...this.steps);
  }

  /** Give a class to a range of tokens, and to no others. */
  mark(name, range) {
    const [from, to] = range || [0, -1];
    const [before, until] = this.marks[name] || [0, -1];
    for (let i = before; i <= until; i += 1) this.nodes[i].classList.remove(name);
    for (let i = from; i <= to; i += 1) this.nodes[i].classList.add(name);
    this.marks[name] = [from, to];
  }

  update(node, badges, rating, current) {
    const said = badges.map((badge) => badge.outerHTML).join('');
    if (node.said !== said) fill(node.lastChild, ...badges);
    node.said = said;
    node.dataset.rating = rating;
    node.ariaSelected = String(current);
  }

  /** Bring the current step, or its marked token, into sight. */
  reveal() {
    (this.node.querySelector('.st-cursor') || this.node.querySelector('[aria-selected=true]'))?.scrollIntoView({ block: 'nearest' });
  }

  /** What was said and what is suggested of each step. */
  badges(state, view) {
    const rows = state.steps[this.index].map(() => []);
    const about = (label) => (label.text ?? 0) === this.index && label.step !== null && label.step !== undefined;
    for (const field of view.fields) {
      for (const label of said(state, field).filter(about)) rows[label.step]?.push(labelBadge(field, label));
    }
    for (const { label, why } of view.suggestions.filter((each) => about(each.label))) rows[label.step]?.push(suggestedBadge(view.fields.find((field) => field.name === label.field), label, why));
    return rows;
  }

  spansOf(state, fields) {
    return fields.filter((field) => field.kind === 'spans').flatMap((field) => said(state, field, { text: this.index })
      .map((label) => ({ ...label, place: field.options.findIndex((option) => option.value === label.value), title: titleOf(field, label.value) })))
      .sort((a, b) => a.start - b.start || b.end - a.end);
  }

  /** The first token of a step. */
  first(step) {
    return this.places.indexOf(step);
  }

  pointed(event) {
    const selection = getSelection();
    const [from, to] = [selection.anchorNode, selection.focusNode].map((node) => this.tokenAt(node));
    if (!selection.isCollapsed && from !== null && to !== null && from !== to) {
      selection.removeAllRanges();
      this.on.select(from, to);
      return;
    }
    const token = this.tokenAt(event.target);
    const step = event.target.closest('.st-step');
    if (step) this.on.pick(Number(step.dataset.step), token);
  }

  tokenAt(node) {
    const token = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.('.t');
    return token && this.node.contains(token) ? Number(token.dataset.i) : null;
  }
}

/** The title of an option's value; first errors have none, their question says it. */
export function titleOf(field, value) {
  if (field.kind === 'first_error') return value === 'none' ? 'No error' : 'First error';
  return field.options.find((option) => option.value === value)?.title ?? value;
}

/** What was said, as a small badge; where it comes from when no person said it first. */
export function labelBadge(field, label) {
  const rating = ratingOf(field, label.value);
  const mark = rating > 0 ? '✓ ' : rating < 0 || field.kind === 'first_error' ? '✗ ' : rating === 0 ? '○ ' : '';
  return el('span.st-label', { data: { rating: rating ?? (field.kind === 'first_error' ? -1 : ''), kind: field.kind }, title: label.source === 'person' ? field.title : `${field.title}; ${label.source}` }, mark + titleOf(field, label.value));
}

/** What signals suggest, visibly no label. */
export function suggestedBadge(field, label, why) {
  return el('span.st-label.st-suggested', { title: why }, `suggested: ${titleOf(field, label.value)}`);
}

/** Put a token into a row, within as many marks as spans cover it; neighbours share the mark of a span. */
function marked(row, node, spans, last) {
  const key = spans.map((span) => `${span.start} ${span.end} ${span.value}`);
  if (last?.row === row && last.key.join() === key.join() && key.length) { last.inner.append(node); return last; }
  let inner = node;
  const shown = last?.row === row ? new Set(last.key) : new Set();
  for (let depth = spans.length - 1; depth >= 0; depth -= 1) {
    const span = spans[depth];
    const mark = el('span.st-mark', { data: { place: String(span.place % 6), ...(shown.has(key[depth]) ? {} : { title: span.title }) }, style: { '--depth': depth } }, inner);
    inner = mark;
  }
  row.append(inner);
  return { row, key, inner: spans.length ? node.parentElement : node };
}

function signOf(state, view, text, step) {
  const field = view.fields.find((each) => each.kind === 'steps');
  const [label] = field ? said(state, field, { text, step }) : [];
  const rating = label ? ratingOf(field, label.value) : null;
  return rating === undefined || rating === null ? '' : String(Math.sign(rating));
}
