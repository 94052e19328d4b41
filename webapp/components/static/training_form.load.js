// Events: none
load('training_form').then((client) => client.mount({ element, props, watch }));
