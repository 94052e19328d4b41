// Events: none
load('methods_view').then((client) => client.mount({ element }));
