// Events: 'start', 'pause', 'cancel', 'retry', 'remove', 'restore', 'allow_loading'
import('/client/experiments_view.js').then((client) => client.mount({ element, props, trigger, watch }));
