// The text of one generation as token spans, coloured through CSS variables; appends only what is new.

import { el } from './dom.js';
import { doubtShare, entropyShare, known, surpriseShare } from './scale.js';
import { markForeign, originSpans } from './origin_spans.js';

const NEWLINE = /(\r\n|\n|\r)/;
const COMBINING = /^\p{M}/u;
const STACK = /\p{M}{4}/u; // more marks than a script puts on one letter
const MARKS_IN_A_ROW = 3;
const LONG = 100; // tokens from which a pane out of sight is not laid out
const BOTTOM = 12; // pixels from the end that still count as being at the end

/** A pane of one generation. */
export class TokenView {
  constructor(generation, label) {
    this.generation = generation;
    this.drawn = 0;
    this.stuck = true;
    this.marks = 0;
    this.cursor = null;
    this.text = el('div.st-text');
    this.node = el('div.st-pane', { tabIndex: 0, role: 'group', ariaLabel: label, data: { generation: generation.id } }, this.text);
    this.node.addEventListener('scroll', () => { this.stuck = atEnd(this.node); }, { passive: true });
  }

  /** Append the tokens that came since the last time. */
  update() {
    const fragment = document.createDocumentFragment();
    const { generation } = this;
    for (let i = this.drawn; i < generation.ids.length; i += 1) fragment.append(this.span(generation, i));
    this.drawn = generation.ids.length;
    if (this.drawn > LONG) this.node.dataset.long = '';
    this.text.append(fragment);
  }

  /** Keep the end in sight if it was; called after everything of a frame is drawn. */
  follow() {
    if (this.stuck && !this.generation.finished) this.node.scrollTop = this.node.scrollHeight;
  }

  /** Mark what is no part of the text, and show texts that came without tokens. */
  finish() {
    const { generation } = this;
    const { text } = generation.finished;
    if (!generation.ids.length) this.text.replaceChildren(...originSpans(text, generation.finished.spans || []));
    if (generation.offsets.at(-1) > 0) this.markCut(new TextEncoder().encode(text).length);
  }

  markCut(length) {
    for (let i = this.drawn - 1; i >= 0 && this.generation.offsets[i] >= length; i -= 1) {
      if (!this.generation.special[i]) this.text.children[i].classList.add('st-cut');
    }
  }

  span(generation, i) {
    const node = document.createElement('span');
    const text = generation.text[i];
    node.className = this.classes(generation, i, text);
    node.style.cssText = `--e:${entropyShare(generation.entropy[i])};--p:${surpriseShare(generation.logprob[i])};--c:${doubtShare(generation.self_certainty[i])}`;
    node.dataset.i = i;
    node.dataset.start = generation.offsets[i];
    node.dataset.end = generation.offsets[i + 1];
    const unknown = unknownOf(generation, i);
    if (unknown) node.dataset.unknown = unknown;
    const space = leadingSpace(text);
    if (space) node.dataset.space = space;
    if (generation.origin[i] !== 'model') this.markOrigin(node, generation, i);
    if (NEWLINE.test(text) && !generation.special[i]) node.append(...withNewlines(text));
    else node.textContent = text;
    return node;
  }

  classes(generation, i, text) {
    if (generation.special[i]) return 't st-special';
    this.marks = COMBINING.test(text) ? this.marks + 1 : 0;
    if (STACK.test(text) || this.marks > MARKS_IN_A_ROW) return 't st-stack';
    return text === '' ? 't st-empty' : 't';
  }

  markOrigin(node, generation, i) {
    const origin = generation.origin[i];
    markForeign(node, origin, i === 0 || generation.origin[i - 1] !== origin);
  }

  /** The element of a token. */
  element(index) {
    return this.text.children[index] || null;
  }

  /** Put the keyboard's cursor on a token (null takes it away). */
  setCursor(index) {
    if (this.cursor !== null) this.element(this.cursor)?.classList.remove('st-cursor');
    this.cursor = index;
    const node = index === null ? null : this.element(index);
    node?.classList.add('st-cursor');
    node?.scrollIntoView({ block: 'nearest' });
    return node;
  }

  /** The index a key moves the cursor to, or null for other keys. */
  moved(key) {
    const from = this.cursor ?? (key === 'ArrowLeft' ? this.drawn : -1);
    const target = {
      ArrowRight: () => from + 1, ArrowLeft: () => from - 1, Home: () => 0, End: () => this.drawn - 1,
      ArrowDown: () => this.nextLine(from, 1), ArrowUp: () => this.nextLine(from, -1),
    }[key];
    return target && this.drawn ? Math.min(this.drawn - 1, Math.max(0, target())) : null;
  }

  nextLine(from, step) {
    const start = Math.max(0, from);
    const { top, left } = this.element(start).getBoundingClientRect();
    let best = start;
    let line = null;
    for (let i = start + step; i >= 0 && i < this.drawn; i += step) {
      const at = this.element(i).getBoundingClientRect();
      if (Math.abs(at.top - top) < at.height / 2) continue;
      if (line !== null && Math.abs(at.top - line) > at.height / 2) break;
      if (line === null || Math.abs(at.left - left) < Math.abs(this.element(best).getBoundingClientRect().left - left)) best = i;
      line ??= at.top;
    }
    return best;
  }
}

/** The modes of colouring in which a token's number is not known. */
function unknownOf(generation, i) {
  if (generation.special[i]) return '';
  const { entropy, logprob, self_certainty: certainty } = generation;
  return [known(entropy[i]) ? '' : 'entropy both', known(logprob[i]) ? '' : 'chosen', known(certainty[i]) ? '' : 'certainty'].filter(Boolean).join(' ');
}

function atEnd(node) {
  return node.scrollHeight - node.scrollTop - node.clientHeight < BOTTOM;
}

function leadingSpace(text) {
  const [space] = text.match(/^[ \t\u00a0]*/);
  return [...space].map((c) => ({ '\t': '⇥', '\u00a0': '⍽' }[c] || '·')).join('');
}

function withNewlines(text) {
  return text.split(NEWLINE).filter(Boolean)
    .map((part) => (NEWLINE.test(part) ? el('span.st-newline', {}, part) : document.createTextNode(part)));
}

/** The token element an event happened on, or null. */
export function tokenOf(event) {
  return event.target.closest?.('.t') || null;
}

/** A token's text with everything visible. */
export function visible(text) {
  if (text === '') return '(part of a character)';
  return text.replaceAll('\r', '␍').replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '␣').replaceAll('\u00a0', '⍽');
}
