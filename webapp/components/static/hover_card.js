// The card of one token: the alternatives with their probabilities, and what the numbers of the token are.

import { correctable } from './correction.js';
import { el, fill, number, percent } from './dom.js';
import { token as tokenAt } from './model.js';
import { visible } from './token_view.js';

const GAP = 8; // pixels between the token and the card
const NATS_PER_BIT = Math.LN2;

/** One shared card. `pick(generation, index, id)` is called when an alternative is chosen, `inspect` and `keep` (both with a generation and an index) for more. */
export class HoverCard {
  constructor(pick, inspect, keep) {
    Object.assign(this, { pick, inspect, keep });
    this.pinned = false;
    this.node = el('div.st-card', { hidden: true, role: 'dialog', ariaLabel: 'Token' });
    this.node.addEventListener('keydown', (event) => this.key(event));
  }

  /** Show a token's card next to its element. */
  show(generation, index, anchor) {
    if (this.pinned) return;
    this.generation = generation;
    this.index = index;
    this.anchor = anchor;
    this.draw();
  }

  /** Keep the card until Escape or a click elsewhere; `focus` goes to its first alternative. */
  pin(focus) {
    if (this.node.hidden) return;
    this.pinned = true;
    this.draw();
    this.back = document.activeElement;
    if (focus) (this.node.querySelector('button.st-alt') || this.node.querySelector('button'))?.focus();
  }

  hide() {
    if (!this.pinned) this.node.hidden = true;
  }

  /** Something scrolled: stay beside the token, or go if it is out of sight. */
  follow() {
    if (this.node.hidden) return;
    const at = this.anchor.getBoundingClientRect();
    const pane = this.anchor.closest('.st-pane').getBoundingClientRect();
    const middle = (at.top + at.bottom) / 2;
    if (middle > Math.max(0, pane.top) && middle < Math.min(innerHeight, pane.bottom)) this.place();
    else this.close();
  }

  /** Close it, pinned or not; the focus returns to where it was if it is in the card. */
  close() {
    const inside = this.node.contains(document.activeElement);
    this.pinned = false;
    this.node.hidden = true;
    if (inside) this.back?.focus({ preventScroll: true });
  }

  draw() {
    const token = tokenAt(this.generation, this.index);
    this.node.classList.toggle('st-pinned', this.pinned);
    fill(this.node, this.head(token), this.table(token), facts(token), this.hint(token), this.pinned ? this.more() : null);
    this.node.hidden = false;
    this.place();
  }

  head(token) {
    const close = el('button.st-icon', { type: 'button', ariaLabel: 'Close', onclick: () => this.close() }, '×');
    return el('header', {}, el('code.st-token', {}, visible(token.text)),
      el('span.st-dim', {}, `token ${token.index + 1} · id ${token.id}`), this.pinned ? close : null);
  }

  table(token) {
    if (!token.alternatives?.length) return el('p.st-dim', {}, unknownReason(token));
    const rows = token.alternatives.map(([id, text, logprob], rank) => this.row(token, rank + 1, id, text, logprob));
    const listed = token.alternatives.some(([id]) => id === token.id);
    if (!listed) rows.push(this.row(token, `>${token.alternatives.length}`, token.id, token.text, token.logprob));
    const mass = token.alternatives.reduce((sum, [, , logprob]) => sum + share(logprob), 0) + (listed ? 0 : share(token.logprob));
    return el('table', {}, el('tbody', {}, ...rows, otherRow(Math.max(0, 1 - mass))));
  }

  row(token, rank, id, text, logprob) {
    const chosen = id === token.id;
    const name = el(this.pinned && !chosen ? 'button.st-alt' : 'span.st-alt', {}, el('code', {}, visible(text)));
    if (this.pinned && !chosen) {
      name.type = 'button';
      name.dataset.token = id;
      name.setAttribute('aria-label', `Branch with ${visible(text)}, ${percent(share(logprob))}`);
      name.addEventListener('click', () => this.pick(this.generation, this.index, id));
    }
    return el(chosen ? 'tr.st-chosen' : 'tr', {},
      el('td.st-rank', {}, chosen ? el('span', { ariaLabel: 'chosen' }, '▸') : '', ` ${rank}`), el('td', {}, name),
      el('td.st-bar', {}, bar(share(logprob))), el('td.st-num', {}, logprob === null ? 'unknown' : percent(share(logprob))),
      el('td.st-num.st-dim', {}, number(logprob)));
  }

  hint(token) {
    if (!token.alternatives?.length || token.special) return null;
    return el('footer.st-dim', {}, this.pinned ? 'Pick another token to branch from here. Esc closes.' : 'Click (or Enter) to pin and branch.');
  }

  more() {
    const link = (name, text, on) => el(`button.st-link.${name}`, { type: 'button', onclick: () => on(this.generation, this.index) }, text);
    const keep = this.generation.finished && correctable(this.generation.role) ? link('st-keep', 'Keep up to here and write on', this.keep) : null;
    return el('p.st-mores', {}, link('st-more', 'What each truncation rule keeps here', this.inspect), keep);
  }

  key(event) {
    if (event.key === 'Escape') this.close();
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.move(event.key === 'ArrowDown' ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(step) {
    const buttons = [...this.node.querySelectorAll('button.st-alt')];
    const at = buttons.indexOf(document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  }

  place() {
    const at = this.anchor.getClientRects()[0] || this.anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const below = at.bottom + GAP + height <= innerHeight || at.top < height + GAP;
    this.node.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
    this.node.style.top = `${Math.max(GAP, below ? Math.min(at.bottom + GAP, innerHeight - height - GAP) : at.top - height - GAP)}px`;
  }
}

/** A log-probability as a probability; an unknown one adds nothing. */
function share(logprob) {
  return logprob === null ? 0 : Math.exp(logprob);
}

function bar(width) {
  return el('span', { style: { '--share': width }, ariaHidden: 'true' });
}

function otherRow(mass) {
  return el('tr.st-other', {}, el('td'), el('td', {}, 'other'), el('td.st-bar', {}, bar(mass)),
    el('td.st-num', {}, percent(mass)), el('td'));
}

function unknownReason(token) {
  return token.origin === 'model' ? 'No alternatives were recorded for this token.' : 'This token was not drawn by the model.';
}

function facts(token) {
  const bound = token.entropyIsLowerBound ? '≥ ' : '';
  const rows = [
    ['entropy', token.entropy, () => `${bound}${number(token.entropy)} nats · ${bound}${number(token.entropy / NATS_PER_BIT)} bits`],
    ['probability', token.logprob, () => probabilities(token)],
    ['self-certainty', token.self_certainty, () => `${number(token.self_certainty)} nats`],
    ['candidates left', token.candidates, () => token.candidates.toLocaleString('en')],
    ['made at', token.seconds, () => `${number(token.seconds)} s`],
    ['bytes', token.start, () => `${token.start}–${token.end}`],
  ].filter(([, value]) => value !== null && value !== undefined && value !== -1);
  return el('dl', {}, ...rows.flatMap(([name, , text]) => [el('dt', {}, name), el('dd', {}, text())]));
}

function probabilities(token) {
  const raw = `${percent(Math.exp(token.logprob))} raw`;
  return token.sampled_logprob === null ? raw : `${raw} · ${percent(Math.exp(token.sampled_logprob))} as sampled`;
}
