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

  /** Draw the text as it is now; `view` has fields, suggestions, cursor and selection. */
  draw(state, view) {
    const steps = state.steps[this.index];
    this.places = this.tokens.places(steps);
    const here = view.cursor.text === this.index;
    const spans = this.spansOf(state, view.fields);
    const rows = steps.map((_, step) => el('span.st-steptext'));
    let last = null;
    for (let i = 0; i < this.places.length; i += 1) {
      const node = this.tokens.draw(i, i === 0 || this.places[i - 1] !== this.places[i]);
      if (here && view.cursor.token === i) node.classList.add('st-cursor');
      if (here && view.selection && i >= view.selection.from && i <= view.selection.to) node.classList.add('st-selected');
      last = marked(rows[this.places[i]], node, spans.filter((span) => span.start < this.tokens.ends[i] && span.end > this.tokens.words[i]), last);
    }
    fill(this.node, ...rows.map((row, step) => this.step(state, view, step, row, here && step === view.cursor.step)));
    const current = here ? this.node.children[view.cursor.step] : null;
    if (current) this.node.setAttribute('aria-activedescendant', current.id);
    else this.node.removeAttribute('aria-activedescendant');
  }

  /** Bring the current step, or its marked token, into sight. */
  reveal() {
    (this.node.querySelector('.st-cursor') || this.node.querySelector('[aria-selected=true]'))?.scrollIntoView({ block: 'nearest' });
  }

  step(state, view, step, row, current) {
    const badges = [...this.badges(state, view, step), ...this.suggested(view, step)];
    return el('li.st-step', { role: 'option', id: `st-step-${this.index}-${step}`, ariaSelected: String(current), data: { step: String(step), rating: signOf(state, view, this.index, step) } },
      el('span.st-stepnumber.st-num', { ariaLabel: `Step ${step + 1}` }, String(step + 1)), row, badges.length ? el('span.st-steplabels', {}, ...badges) : null);
  }

  badges(state, view, step) {
    const at = { text: this.index, step };
    return view.fields.flatMap((field) => said(state, field, at).filter((label) => field.kind !== 'first_error' || label.value === 'step')
      .map((label) => labelBadge(field, label)));
  }

  suggested(view, step) {
    return view.suggestions.filter(({ label }) => (label.text ?? 0) === this.index && label.step === step)
      .map(({ label, why }) => suggestedBadge(view.fields.find((field) => field.name === label.field), label, why));
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
