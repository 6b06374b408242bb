-- The name of an organisation is in the description of each of its groups, of which gateways read COHORT_MAX_BYTES (gateway/core/cohort.h): one of 900 bytes
-- cost its groups, which nobody could join then. A letter of Arabic or Russian has 2 bytes. Names that are there already are not looked at until somebody
-- changes the row: an upgrade must not fail for a name that was good before.

set local role waypost_owner;

alter table core.organisation add constraint organisation_name_has_at_most_160_bytes check (octet_length(name) <= 160) not valid;
comment on column core.organisation.name is
    'As learners and readers of reports see it, and the gateways in the description of each group: at most 160 bytes, 2 for a letter of Arabic or Russian.';

reset role;
