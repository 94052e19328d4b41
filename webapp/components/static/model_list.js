// The recommended models with what they need, and a field for any other model.

import { el, fill } from './dom.js';

const GIGA = 1e9;
const FLOAT32_BYTES = 4 * 1.2; // a parameter with its share of cache and work

/** A details panel; `pick(ref)` is called when a model is asked for. */
export class ModelList {
  constructor(pick) {
    this.pick = pick;
    this.body = el('tbody');
    this.field = el('input', { type: 'text', id: 'st-model-ref', placeholder: 'Qwen/Qwen3-1.7B, /path/to/folder, model.gguf', autocomplete: 'off', spellcheck: false });
    const form = el('form.st-modelform', { onsubmit: (event) => this.submit(event) }, el('label', { htmlFor: 'st-model-ref' }, 'Any model'), this.field,
      el('button.st-button', { type: 'submit' }, 'Use'));
    const help = el('p.st-dim', {}, 'A Hugging Face id (downloaded when you ask for it), a folder, a .gguf file or an http(s):// server. Runs that go on keep the model they began with; stored runs never change.');
    this.node = el('details.st-models', {}, el('summary', {}, 'Other models'),
      el('div.st-scroll', { tabIndex: 0, role: 'group', ariaLabel: 'Recommended models' }, el('table', {}, head(), this.body)), form, help);
  }

  update(recommended, status) {
    const key = JSON.stringify([recommended.map((model) => model.ref), status.ref, status.state]);
    if (key === this.key) return;
    this.key = key;
    fill(this.body, ...recommended.map((model) => this.row(model, status)));
  }

  row(model, status) {
    const current = status.ref === model.ref;
    const use = el('button.st-button', { type: 'button', disabled: current && status.state !== 'failed', ariaLabel: `Use ${model.name}`, onclick: () => this.pick(model.ref) },
      current && status.state === 'ready' ? 'in use' : 'Use');
    return el(current ? 'tr.st-current' : 'tr', {},
      el('td', {}, el('a.st-link', { href: safe(model.source), target: '_blank', rel: 'noreferrer noopener' }, model.name), el('small.st-dim', {}, model.note)),
      el('td.st-num', {}, size(model.download_bytes)), el('td.st-num', {}, size(model.parameters * FLOAT32_BYTES)),
      el('td', {}, `${model.licence}${model.gated ? ' (log in first)' : ''}`), el('td', {}, use));
  }

  submit(event) {
    event.preventDefault();
    const ref = this.field.value.trim();
    if (ref) this.pick(ref);
  }
}

function head() {
  return el('thead', {}, el('tr', {}, ...['Model', 'Download', 'Memory (CPU)', 'Licence', ''].map((name) => el('th', { scope: 'col' }, name))));
}

function size(bytes) {
  return bytes >= GIGA ? `${(bytes / GIGA).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function safe(address) {
  return /^https:\/\//.test(address) ? address : '#';
}
