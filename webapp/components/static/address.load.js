// Events: 'moved'
load('address').then((client) => client.mount({ props, trigger, watch }));
