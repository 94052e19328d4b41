// A line that says what was done and offers to undo it, for a while.

import { el, fill } from './dom.js';

const LASTS = 10_000; // milliseconds; it stays while the pointer or the focus is on it

/** One toast at a time. */
export class Toast {
  constructor() {
    this.node = el('div.st-toast', { role: 'status', hidden: true });
    this.node.addEventListener('pointerenter', () => clearTimeout(this.timer));
    this.node.addEventListener('pointerleave', () => this.wait());
    this.node.addEventListener('focusin', () => clearTimeout(this.timer));
    this.node.addEventListener('focusout', () => this.wait());
    this.node.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.hide(); });
  }

  /** Show a text with one action; for someone at the keyboard (`back` is given) the focus goes there and back. */
  show(text, action, act, back = null) {
    this.back = back;
    const button = el('button.st-link', { type: 'button', onclick: () => { this.hide(); act(); } }, action);
    fill(this.node, el('span.st-contained', {}, text), button);
    this.node.hidden = false;
    this.wait();
    if (back) button.focus();
  }

  wait() {
    clearTimeout(this.timer);
    if (!this.node.hidden) this.timer = setTimeout(() => this.hide(), LASTS);
  }

  hide() {
    clearTimeout(this.timer);
    const inside = this.node.contains(document.activeElement);
    this.node.hidden = true;
    if (inside) this.back?.focus({ preventScroll: true });
  }
}
