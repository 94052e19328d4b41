// The recommended models with what they need, and a field for any other model.

import { el, fill, keepingFocus } from './dom.js';

const GIGA = 1e9;

/** A details panel; `pick(ref)` is called when a model is asked for. */
export class ModelList {
  constructor(pick) {
    this.pick = pick;
    this.body = el('tbody');
    this.field = el('input', { type: 'text', id: 'st-model-ref', placeholder: 'Qwen/Qwen3-1.7B, /path/to/folder, model.gguf', autocomplete: 'off', spellcheck: false });
    const form = el('form.st-modelform', { onsubmit: (event) => this.submit(event) }, el('label', { htmlFor: 'st-model-ref' }, 'Any model'), this.field,
      el('button.st-button', { type: 'submit' }, 'Use'));
    const help = el('p.st-dim', {}, 'A Hugging Face id (downloaded when you ask for it), a folder, a .gguf file or a server without a key. Runs that go on keep the model they began with; stored runs never change.');
    this.node = el('details.st-models', {}, el('summary', {}, 'Other models'),
      el('div.st-scroll', { tabIndex: 0, role: 'group', ariaLabel: 'Recommended models' }, el('table', {}, head(), this.body)), form, help);
  }

  update(recommended, status) {
    const key = JSON.stringify([recommended.map((model) => model.ref), status.ref, status.state]);
    if (key === this.key) return;
    this.key = key;
    keepingFocus(this.body, () => fill(this.body, ...recommended.map((model) => this.row(model, status))));
  }

  row(model, status) {
    const current = status.ref === model.ref;
    const using = current && status.state === 'ready';
    const use = el('button.st-button', { type: 'button', disabled: current && status.state !== 'failed', data: { focus: model.ref }, ariaLabel: `${using ? 'In use:' : 'Use'} ${model.name}`, onclick: () => this.pick(model.ref) },
      using ? 'in use' : 'Use');
    return el(current ? 'tr.st-current' : 'tr', {},
      el('td', {}, el('a.st-link', { href: safe(model.source), target: '_blank', rel: 'noreferrer noopener' }, model.name), el('small.st-dim', {}, model.note)),
      el('td.st-num', {}, size(model.download_bytes)), el('td.st-num', {}, size(model.memory_float32)),
      el('td', {}, `${model.licence}${model.gated ? ' (log in first)' : ''}`), el('td', {}, use));
  }

  submit(event) {
    event.preventDefault();
    const ref = this.field.value.trim();
    if (ref) this.pick(ref);
  }
}

function head() {
  return el('thead', {}, el('tr', {}, ...['Model', 'Download', 'Memory (float32)', 'Licence', ''].map((name) => el('th', { scope: 'col' }, name))));
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return 'unknown';
  return bytes >= GIGA ? `${(bytes / GIGA).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function safe(address) {
  return /^https:\/\//.test(address) ? address : '#';
}
