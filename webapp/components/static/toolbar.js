// How tokens are shown: the colouring mode, its legend, and whether spaces are visible. Kept in the browser.

import { el, fill } from './dom.js';
import { legend, MODES } from './scale.js';

const KEY = 'second-thoughts.view';

/** The toolbar of a view; it sets `data-mode` and `data-spaces` on `root`. */
export class Toolbar {
  constructor(root) {
    this.root = root;
    this.legend = el('div.st-legend', { role: 'img' });
    this.modes = Object.entries(MODES).map(([mode, { label, title }]) =>
      el('button', { type: 'button', title, data: { mode }, onclick: () => this.set({ mode }) }, label));
    this.spaces = el('button.st-toggle', { type: 'button', title: 'Show spaces at the start of tokens', onclick: () => this.set({ spaces: !this.state.spaces }) }, '␣ spaces');
    this.node = el('div.st-toolbar', {},
      el('div.st-segments', { role: 'group', ariaLabel: 'Colour tokens by' }, ...this.modes), this.spaces, this.legend);
    this.state = read();
    this.draw();
  }

  set(change) {
    Object.assign(this.state, change);
    keep(this.state);
    this.draw();
  }

  draw() {
    const { mode, spaces } = this.state;
    this.root.dataset.mode = mode;
    this.root.toggleAttribute('data-spaces', spaces);
    for (const button of this.modes) button.ariaPressed = String(button.dataset.mode === mode);
    this.spaces.ariaPressed = String(spaces);
    const rows = legend(mode);
    this.legend.ariaLabel = rows.map(([caption, , ticks]) => `${caption}: ${ticks.map(([, label]) => label).join(', ')}`).join('; ') || 'no colours';
    fill(this.legend, ...rows.map(legendRow), rows.length ? el('span.st-swatch.st-unknown', { title: 'The number is not known for this token' }, 'unknown') : null);
  }
}

function legendRow([caption, channels, ticks]) {
  const swatch = ([share, label]) => {
    const style = { '--b': channels.includes('fill') ? share : 0, '--u': channels.includes('line') ? share : 0 };
    return el('span.st-swatch', { style }, label);
  };
  return el('span.st-legendrow', {}, el('span.st-dim', {}, caption), ...ticks.map(swatch));
}

function read() {
  const start = { mode: 'entropy', spaces: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY)) || start;
    return { mode: Object.hasOwn(MODES, kept.mode) ? kept.mode : start.mode, spaces: kept.spaces === true };
  } catch {
    return start; // what was kept is broken, or the browser keeps nothing
  }
}

function keep(state) {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch { /* the choice holds for this page only */ }
}
