// Events: 'rename', 'set_notes', 'set_tags', 'delete', 'restore', 'open_session', 'set_sharing', 'set_default'
load('library_view').then((client) => client.mount({ element, props, trigger, watch }));
