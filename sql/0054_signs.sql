-- A name stands in the middle of an SMS, of a list and of a page to print. A sign in it that turns the direction of what follows, ends the line, shows
-- nothing or piles marks upon a letter changes what stands beside it. The program holds the same of nicknames, of its own organisation's name and of what
-- courses say: gateway/core/signs.h, and tests/unit/test_signs.c compares the two, sign for sign.

set local role waypost_owner;

create function core.is_name(p_name text) returns boolean
language sql immutable strict parallel safe
as $$
select p_name <> '' and p_name = btrim(p_name)
    -- signs that are odd
    and p_name !~ '[\u0001-\u001f\u007f-\u009f\u00ad\u115f-\u1160\u180e\u200b\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]'
    -- marks, of those scripts that many write: none at the beginning, at most five upon one letter
    and p_name !~ '^[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]'
    and p_name !~ '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]{6}'
$$;
comment on function core.is_name(text) is
    'May an organisation or a group be called so? Nothing that a reader does not see or that changes what stands beside it, no blank at an end, at most five marks upon a letter.';

-- As with its length (0050): what is there already is not looked at until somebody changes the row.
alter table core.organisation add constraint organisation_name_is_one check (core.is_name(name)) not valid;
alter table core.cohort add constraint cohort_name_is_one check (core.is_name(name)) not valid;
comment on column core.organisation.name is
    'As learners and readers of reports see it, and the gateways in the description of each group: core.is_name(), at most 160 bytes, 2 for a letter of Arabic or Russian.';
comment on column core.cohort.name is
    'As learners, the facilitator and readers of reports see it: core.is_name(), without ; and =, at most 40 letters.';

-- Who has such a name can still be changed, moved and closed.
update core.cohort set name = coalesce(nullif(btrim(regexp_replace(regexp_replace(name, '[\n\r\t]+', ' ', 'g'), '[\u0001-\u001f\u007f-\u009f\u00ad\u115f-\u1160\u180e\u200b\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]', '', 'g')), ''), code)
where not core.is_name(name);
update core.organisation set name = coalesce(nullif(btrim(regexp_replace(regexp_replace(name, '[\n\r\t]+', ' ', 'g'), '[\u0001-\u001f\u007f-\u009f\u00ad\u115f-\u1160\u180e\u200b\u2028-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U0010ffff]', '', 'g')), ''), code)
where not core.is_name(name) and octet_length(name) <= 160;

reset role;
