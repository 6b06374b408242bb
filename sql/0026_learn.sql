-- What an operator says of a number that was quiet for long (docs/course-rules.md 5).

set local role waypost_owner;

alter type core.event_kind add value 'number_checked';

reset role;
