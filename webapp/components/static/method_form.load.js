// Events: 'method_change'
load('method_form').then((client) => client.mount({ element, props, trigger, watch }));
