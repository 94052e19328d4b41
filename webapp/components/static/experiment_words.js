// Experiments in words: statuses, lengths of time, ranges.

import { counted, el, number } from './dom.js';

const STATUS = {
  draft: ['✎', 'draft'], probing: ['◔', 'trying a few cells'], running: ['●', 'running'], paused: ['‖', 'paused'],
  finished: ['✓', 'finished'], cancelled: ['■', 'cancelled'],
};
const STATES = { waiting: ['◌', 'waits'], running: ['●', 'at work'], done: ['✓', 'done'], failed: ['✗', 'failed'], cancelled: ['■', 'called off'] };

/** Whether cells of an experiment are to be worked on. */
export function working({ status }) {
  return status === 'running' || status === 'probing';
}

/** A badge for where an experiment stands. */
export function experimentBadge(status) {
  return badge(STATUS[status] || ['?', status], status);
}

/** A badge for the state of a cell. */
export function cellBadge(state) {
  return badge(STATES[state] || ['?', state], { done: 'finished', waiting: 'queued' }[state] || state);
}

function badge([icon, word], kind) {
  return el(`span.st-status.${kind}`, {}, el('span', { ariaHidden: 'true' }, icon), ` ${word}`);
}

/** A length of time for people: "45 s", "12 min", "3 h 20 min", "2 d 4 h". */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joined(large, unit, small, below) {
  return small ? `${large} ${unit} ${small} ${below}` : `${large} ${unit}`;
}

/** What is left to do and what that costs, as a sentence. */
export function estimateText({ cells, tried, tokens, calls, seconds, at_once: atOnce, models }) {
  if (!cells) return '';
  if (!tokens) return `${counted(cells)} cells are left; none was tried yet.`;
  const time = seconds ? `, about ${duration(seconds.expected)} (${duration(seconds.low)} to ${duration(seconds.high)})` : '';
  const judged = `judged by ${counted(tried)} ${tried === 1 ? 'cell' : 'cells'}${atOnce ? `, ${number(atOnce, 1)} at once` : ''}`;
  const untried = models.length ? ` Nothing was tried with ${models.join(', ')}, which may be slower.` : '';
  return `${counted(cells)} cells are left: about ${rounded(tokens.expected)} generated tokens (${rounded(tokens.low)} to ${rounded(tokens.high)}), ${rounded(calls)} calls${time}; ${judged}.${untried}`;
}

function rounded(value) {
  return Math.round(value).toLocaleString('en');
}
