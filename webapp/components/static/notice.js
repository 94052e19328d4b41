// One sentence to the person, dismissable.

import { el, fill } from './dom.js';

const ICONS = { error: '!', info: 'i' }; // letters, which every font has

/** Start the component: called once by js_on_load. */
export function mount({ element, props, watch }) {
  const root = element.querySelector('.st-notice');
  const close = () => { root.hidden = true; fill(root); };
  // Closed by hand, the value is emptied as well: the same sentence may be said again.
  const dismiss = () => { close(); props.value = { kind: 'info', text: '' }; };
  const draw = () => {
    const { kind = 'info', text = '' } = props.value || {};
    if (!text) { close(); return; }
    root.hidden = false;
    root.dataset.kind = kind;
    root.setAttribute('role', kind === 'error' ? 'alert' : 'status');
    fill(root, el('span.st-noticeicon', { ariaHidden: 'true' }, ICONS[kind] || ICONS.info), el('p.st-contained', {}, text),
      el('button.st-icon', { type: 'button', ariaLabel: 'Close', onclick: dismiss }, '×'));
  };
  watch('value', draw);
  draw();
}
