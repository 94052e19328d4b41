// The sliders and numbers of the decoding panel; what was not moved is left to the server.

import { el, number } from './dom.js';

const SLIDERS = {
  temperature: { label: 'Temperature', min: 0.05, max: 3, step: 0.05 },
  alpha: { label: 'Top-H alpha', min: 0.05, max: 0.95, step: 0.05 },
};
const NUMBERS = {
  top_p: { label: 'Top-p', min: 0.01, max: 1, step: 0.01 },
  min_p: { label: 'Min-p', min: 0, max: 1, step: 0.01 },
  top_k: { label: 'Top-k', min: 1, max: 1000000, step: 1 },
  eta: { label: 'Eta', min: 0, max: 0.99, step: 'any' },
};

/** The settings; `changed()` is called when one was moved to a value that means something. */
export class RuleSettings {
  constructor(changed) {
    this.changed = changed;
    this.moved = {};
    this.inputs = {};
    this.outputs = {};
    this.node = el('div.st-rulesettings', { role: 'group', ariaLabel: 'Settings of the rules' },
      ...Object.entries(SLIDERS).map(([name, look]) => this.slider(name, look)), ...Object.entries(NUMBERS).map(([name, look]) => this.number(name, look)));
  }

  /** What was moved, by name. */
  values() {
    return this.moved;
  }

  /** Another text is shown: at its own temperature. */
  forgetTemperature() {
    delete this.moved.temperature;
  }

  /** Show the values that the server used; where the distribution is not known as a whole there is one temperature. */
  take({ temperature, settings, unknown }) {
    for (const [name, value] of Object.entries({ temperature, ...settings })) {
      if (document.activeElement !== this.inputs[name]) this.inputs[name].value = value;
      if (this.outputs[name]) this.outputs[name].textContent = number(value);
    }
    this.inputs.temperature.disabled = Boolean(unknown);
  }

  slider(name, { label, ...range }) {
    const input = el('input', { type: 'range', ...range, data: { name }, oninput: () => this.move(name, input) });
    const output = el('output');
    this.inputs[name] = input;
    this.outputs[name] = output;
    return el('label', {}, el('span', {}, label, ' ', output), input);
  }

  number(name, { label, ...range }) {
    const input = el('input', { type: 'number', required: true, ...range, data: { name }, oninput: () => this.move(name, input) });
    this.inputs[name] = input;
    return el('label', {}, el('span', {}, label), input);
  }

  move(name, input) {
    if (!input.validity.valid) return; // half typed
    this.moved[name] = input.value;
    if (this.outputs[name]) this.outputs[name].textContent = number(Number(input.value));
    this.changed();
  }
}
