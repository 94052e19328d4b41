// Events: none
load('annotate_view').then((client) => client.mount({ element }));
