// Events: 'start', 'pause', 'cancel', 'retry', 'remove', 'restore', 'allow_loading'
load('experiments_view').then((client) => client.mount({ element, props, trigger, watch }));
