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
  }

  show(text, action, act) {
    fill(this.node, el('span.st-contained', {}, text), el('button.st-link', { type: 'button', onclick: () => { this.hide(); act(); } }, action));
    this.node.hidden = false;
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), LASTS);
  }

  hide() {
    clearTimeout(this.timer);
    this.node.hidden = true;
  }
}
