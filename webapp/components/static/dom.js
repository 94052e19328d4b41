// Builds DOM without markup strings: every text ends up in a text node.

import { home } from './home.js';

const PLACES = ['href', 'src', 'action'];

/**
 * Make an element: `el('p.note.small', {title: '...'}, 'text', child, ...)`. Null children are left out; addresses that
 * begin with a slash are places of ours.
 */
export function el(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
  else if (name === 'style') for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
  else if (name === 'data') for (const [key, v] of Object.entries(value)) node.dataset[key] = v;
  else if (PLACES.includes(name)) node.setAttribute(name, home(value));
  else if (name in node && !['list', 'form', 'role'].includes(name)) node[name] = value;
  else node.setAttribute(name, value === true ? '' : value);
}

/** Replace what a node contains; null children are left out. */
export function fill(node, ...children) {
  node.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/**
 * Redraw what is in a node without taking the focus from who works there by keyboard: what had the focus is found
 * again by its `data-focus`, a name that is unique in the node and stays over redraws.
 */
export function keepingFocus(node, draw) {
  const held = document.activeElement;
  const inside = node.contains(held);
  draw();
  if (!inside || document.activeElement === held) return;
  const again = held.isConnected ? held : node.querySelector(`[data-focus="${CSS.escape(held.dataset.focus)}"]`);
  again?.focus({ preventScroll: true });
}

/** Write facts on one line; lines break after a separator, never within a fact. */
export function factLine(facts) {
  return facts.filter(Boolean).map((fact) => fact.replaceAll(' ', '\u00a0')).join('\u00a0· ');
}

/** Write a number for reading: at most `digits` decimals, a dash for what is unknown. */
export function number(value, digits = 2) {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '–';
}

/** Write a share as a percentage; very small ones keep a significant digit. */
export function percent(share) {
  if (typeof share !== 'number' || !Number.isFinite(share)) return '–';
  const value = 100 * share;
  if (value > 0 && value < 0.01) return '<0.01%';
  return `${value.toFixed(value >= 10 ? 1 : 2)}%`;
}

const SHOWN_VERDICTS = {
  correct: ['✓', 'correct'],
  incorrect: ['✗', 'incorrect'],
  unparsed: ['∅', 'no answer found'],
};

/** A badge for a verdict: icon and word; nothing for what was not graded. */
export function verdictBadge(verdict) {
  const [icon, word] = SHOWN_VERDICTS[verdict] || [];
  return icon ? el(`span.verdict.${verdict}`, {}, el('span', { ariaHidden: 'true' }, icon), ` ${word}`) : null;
}

/** Write a count for reading; what is unknown is said to be, it is not 0. */
export function counted(count) {
  return Number.isFinite(count) ? count.toLocaleString('en') : 'unknown';
}

/** The word for a count: `plural(1, 'token')` is "1 token". */
export function plural(count, word, words = `${word}s`) {
  return `${counted(count)} ${count === 1 ? word : words}`;
}

/** Run `draw` once in the next frame, however often it is asked for; a hidden tab has no frames and uses a timer. */
export function oncePerFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const run = () => { asked = false; draw(); };
    if (document.hidden) setTimeout(run, 100);
    else requestAnimationFrame(run);
  };
}

/** Fetch JSON from our own routes; a refusal becomes an Error with the server's sentence. */
export async function fetchJson(address, signal) {
  const response = await fetch(home(address), { signal, headers: { accept: 'application/json' } });
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new Error(body.error || body.detail || `The server answered ${response.status}.`);
  }
  return response.json();
}
