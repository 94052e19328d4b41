// The tokens of a text: where each is in bytes, which step it belongs to, and how it is drawn.

import { el } from './dom.js';
import { bytes } from './model.js';
import { entropyShare, known, surpriseShare } from './scale.js';

const NEWLINES = /\r\n|\n|\r/g;

/** Where tokens begin and end, and where what is not space in them begins. */
export class Tokens {
  constructor({ text, tokens, signals }) {
    this.text = text;
    this.tokens = tokens;
    this.signals = signals;
    this.encoded = new TextEncoder().encode(text);
    this.starts = [];
    let at = 0;
    for (const token of tokens) { this.starts.push(at); at += bytes(token); }
    this.ends = this.starts.map((start, i) => start + bytes(tokens[i]));
    this.words = tokens.map((token, i) => this.starts[i] + (token.trim() ? bytes(token.slice(0, token.length - token.trimStart().length)) : 0));
  }

  /** The part of the text between two offsets. */
  piece(start, end) {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.encoded.subarray(start, end));
  }

  /** The step that each token belongs to: the last one that begins no later than its first word. */
  places(steps) {
    let step = 0;
    return this.words.map((word) => {
      while (step + 1 < steps.length && steps[step + 1].start <= word) step += 1;
      return step;
    });
  }

  /** The stretch of some tokens without the space around it, as {start, end}; null where there is only space. */
  stretch(from, to) {
    let start = this.starts[from];
    let end = this.ends[to];
    while (start < end && space(this.encoded[start])) start += 1;
    while (end > start && space(this.encoded[end - 1])) end -= 1;
    return start < end ? { start, end } : null;
  }

  /** Draw a token; its numbers are there when the text has signals. The line breaks before a step are not shown. */
  draw(i, first) {
    const { signals } = this;
    const entropy = signals?.entropy?.[i];
    const logprob = signals?.logprob?.[i];
    const numbers = signals ? { style: { '--e': entropyShare(entropy), '--p': surpriseShare(logprob) } } : {};
    const node = el('span.t', { ...numbers, data: { i: String(i) } }, ...shown(this.tokens[i], first));
    const unknown = signals ? [known(entropy) ? '' : 'entropy', known(logprob) ? '' : 'chosen'].filter(Boolean).join(' ') : '';
    if (unknown) node.dataset.unknown = unknown;
    return node;
  }
}

function space(byte) {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function shown(token, first) {
  let at = first ? token.length - token.trimStart().length : 0;
  const parts = at ? [el('span.st-unseen', {}, token.slice(0, at))] : [];
  for (const match of token.matchAll(NEWLINES)) {
    if (match.index < at) continue;
    if (match.index > at) parts.push(token.slice(at, match.index));
    parts.push(el('span.st-newline', {}, match[0]));
    at = match.index + match[0].length;
  }
  return at < token.length ? [...parts, token.slice(at)] : parts;
}
