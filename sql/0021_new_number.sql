-- A place that comes to another number: core.put_steps and core.put_rare know what follows from it.

set local role waypost_owner;

alter type core.event_kind add value 'moved';

-- A certificate of one module, for who asks.
alter type core.event_kind add value 'module_certified';

-- Its holder has chosen a PIN for it.
alter type core.event_kind add value 'certificate_pinned';
