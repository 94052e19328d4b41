// Moments for reading, in the browser's language and time zone.

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Write an ISO moment. */
export function when(moment) {
  return FORMAT.format(new Date(moment));
}
