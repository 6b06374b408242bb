-- Roles, schemas and the tables of core: facts that are only added, and what is true now.
--
-- Applied by `waypost migrate` in one transaction, by a login that may create roles. Nothing here is
-- granted to people: coordinators read the views of schema report (0003), operators those of ops.

do $$
declare
    v_role text;
begin
    foreach v_role in array array['waypost_owner', 'report_owner', 'coordinator'] loop
        if not exists (select from pg_roles where rolname = v_role) then
            execute format('create role %I nologin', v_role);
        end if;
    end loop;
    foreach v_role in array array['waypost_writer', 'waypost_sender'] loop
        if not exists (select from pg_roles where rolname = v_role) then
            execute format('create role %I login', v_role);
        end if;
    end loop;
    execute format('grant waypost_owner, report_owner to %I', current_user);
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to waypost_writer, waypost_sender, coordinator', current_database());
    execute format('grant create on database %I to waypost_owner', current_database());
end $$;

revoke all on schema public from public;

create schema core authorization waypost_owner;
create schema report authorization report_owner;
create schema ops authorization waypost_owner;

comment on schema core is 'Facts and current state. No person has access; see report.';
comment on schema report is 'What coordinators read: one comment per view and column, small cells hidden.';
comment on schema ops is 'Health of the service, for operators.';

set local role waypost_owner;
alter default privileges revoke execute on functions from public;

grant usage on schema core to waypost_writer, waypost_sender, report_owner;
grant usage on schema ops to waypost_writer, waypost_sender;

-- `waypost migrate` writes one row per file; programs refuse a version they do not know.
create table ops.schema_migration (
    version integer primary key,
    name text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz not null default now()
);
grant select on ops.schema_migration to waypost_writer, waypost_sender;

-- The words of gateway/core/event.h. tests/sql/run.sh holds both lists together.
create type core.event_kind as enum (
    'contact', 'consent_asked', 'consented', 'language_set', 'role_set', 'lesson_read', 'answered',
    'module_completed', 'course_completed', 'certified', 'survey_started', 'survey_declined',
    'survey_completed', 'followup_sent', 'followup_completed', 'session_opened', 'session_resumed',
    'session_dropped', 'stopped', 'rejoined', 'erased', 'safe_raised', 'unknown_input', 'helped',
    'menu_opened', 'scored');
create type core.phase as enum ('quiz', 'pretest', 'posttest', 'survey', 'followup', 'role');
create type core.via as enum ('sms', 'ussd');
-- In ascending order of what may overwrite what: a later report never moves a message to the left,
-- and a failed part of a long message outranks the delivered ones.
create type core.message_status as enum (
    'queued', 'sending', 'errored', 'unknown', 'sent', 'delivered', 'read', 'failed');

create table core.organisation (
    org_id smallint generated always as identity primary key,
    code text not null unique check (code ~ '^[a-z0-9][a-z0-9_-]{0,30}$'),
    name text not null check (name <> ''),
    time_zone text not null default 'UTC',
    is_default boolean not null default false
);
create unique index organisation_default on core.organisation (is_default) where is_default;
insert into core.organisation (code, name, is_default) values ('demo', 'Demo organisation', true);

-- Which login reads which organisation.
create table core.member (
    login name not null,
    org_id smallint not null references core.organisation,
    primary key (login, org_id)
);

-- A version of a course; a row without hash is one that events named before it was published here.
create table core.course_version (
    course_id integer generated always as identity primary key,
    course text not null check (course ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    version text not null check (char_length(version) between 1 and 32),
    hash text check (hash ~ '^[0-9a-f]{64}$'),
    bundle bytea,
    published_at timestamptz,
    unique (course, version),
    check (num_nulls(hash, bundle, published_at) in (0, 3))
);

-- What learners see, for the reports: one row per lesson, story or question of a version.
create table core.unit (
    course_id integer not null references core.course_version,
    unit text not null check (char_length(unit) between 1 and 31),
    position integer not null,
    module text not null,
    module_position integer not null,
    module_kind text not null check (module_kind in ('lessons', 'role', 'test', 'survey', 'followup')),
    module_title text not null,
    kind text not null check (kind in ('story', 'lesson', 'question')),
    title text,
    text text not null,
    choices text[],
    right_choices smallint[],
    primary key (course_id, unit),
    unique (course_id, position)
);

create table core.learner (
    learner_id uuid primary key,
    org_id smallint not null references core.organisation,
    country text check (country ~ '^[A-Z]{2}$'),
    network text check (char_length(network) <= 32),
    lang text check (char_length(lang) <= 16),
    lang_seq integer not null default 0, -- of the event that set it: an older one changes nothing
    role_choice smallint,
    role_seq integer not null default 0, -- likewise
    first_channel text,
    first_via core.via,
    first_seq integer not null,
    created_at timestamptz not null,
    is_test boolean not null default false,
    erased_at timestamptz
);

-- What happened, once and for all: (learner_id, seq, n) names a fact. No foreign keys: core.ingest
-- writes learner and course_version itself, and checking each row again costs a third of its time.
create table core.event (
    learner_id uuid not null,
    at timestamptz not null,
    seq integer not null check (seq > 0),
    kind core.event_kind not null,
    phase core.phase,
    via core.via,
    course_id integer,
    choice integer,
    value integer,
    attempt integer check (attempt >= 0),
    org_id smallint not null,
    n smallint not null check (n between 0 and 255),
    correct boolean,
    unit text check (char_length(unit) between 1 and 31),
    channel text check (char_length(channel) <= 64),
    lang text check (char_length(lang) <= 16),
    primary key (learner_id, seq, n),
    check (kind <> 'answered' or (unit is not null and phase is not null))
);
create index event_at on core.event (at);
create index event_module_completed on core.event (at) where kind = 'module_completed';

create table core.enrolment (
    learner_id uuid not null references core.learner,
    course text not null,
    course_id integer references core.course_version, -- of the consent
    org_id smallint not null references core.organisation,
    consent_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    certified_at timestamptz,
    score smallint check (score between 0 and 100),
    stop_seq integer not null default 0,  -- of the last stopped or rejoined
    stopped_at timestamptz,
    primary key (learner_id, course)
);
create index enrolment_consent on core.enrolment (consent_at);

create table core.consent (
    learner_id uuid not null references core.learner,
    seq integer not null,
    n smallint not null,
    purpose text not null check (purpose in ('course', 'survey', 'reminders', 'sharing')),
    is_given boolean not null,
    at timestamptz not null,
    course_id integer references core.course_version, -- the version whose text was shown
    lang text,
    channel text,
    primary key (learner_id, seq, n)
);

create table core.certificate (
    code text primary key check (code ~ '^[0-9]{12}$'),
    learner_id uuid not null references core.learner,
    course_id integer not null references core.course_version,
    lang text,
    score smallint not null check (score between 0 and 100),
    issued_at timestamptz not null,
    revoked_at timestamptz
);
create index certificate_learner on core.certificate (learner_id);

-- Words that learners typed as answers: apart from the facts, because they are deleted earlier.
create table core.free_text (
    learner_id uuid not null,
    seq integer not null,
    n smallint not null,
    org_id smallint not null references core.organisation,
    at timestamptz not null,
    text text not null check (char_length(text) <= 1600),
    primary key (learner_id, seq, n)
);
create index free_text_at on core.free_text (at);

-- What nobody could make sense of, masked before it came here; kept for 30 days.
create table core.unknown_input (
    learner_id uuid not null,
    seq integer not null,
    n smallint not null,
    org_id smallint not null references core.organisation,
    at timestamptz not null,
    unit text,
    lang text,
    channel text,
    text text not null check (char_length(text) <= 1600),
    primary key (learner_id, seq, n)
);
create index unknown_input_at on core.unknown_input (at);

-- Disclosures, sealed by the gateway: only a trained person with the key reads them.
create table core.safe_case (
    learner_id uuid not null,
    seq integer not null,
    n smallint not null,
    org_id smallint not null references core.organisation,
    raised_at timestamptz not null,
    source text not null check (source in ('keyword', 'word_list')),
    sealed bytea,                 -- null once erased or handed over
    acknowledged_at timestamptz,
    primary key (learner_id, seq, n)
);

-- One SMS on its way out, as far as it got.
create table core.message (
    message_id text primary key check (message_id ~ '^[0-9]{1,3}-[0-9]+-[0-9]+$'),
    learner_id uuid not null,
    seq integer not null,
    channel text not null,
    class text not null check (class in ('reply', 'notice', 'push')),
    status core.message_status not null,
    status_at timestamptz not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    attempts smallint not null check (attempts >= 0),
    segments smallint check (segments between 1 and 255),
    encoding text check (encoding in ('gsm7', 'ucs2')),
    provider_id text check (char_length(provider_id) <= 255),
    error text check (char_length(error) <= 500)
);
create index message_learner on core.message (learner_id);

-- The only link between a number's pseudonym and a learner; also what `waypost rebuild` puts back
-- into Redis. Updated at every step: room is left in each page so that no index is touched.
create table core.number_state (
    number_id bytea not null check (octet_length(number_id) = 16),
    learner_id uuid not null,
    seq integer not null,
    at timestamptz not null,
    due_at timestamptz,
    state bytea not null check (octet_length(state) between 1 and 4096),
    primary key (number_id, learner_id)
) with (fillfactor = 70);

-- Sealed phone numbers (AES-256-GCM; the keys are in no database).
create table core.vault (
    number_id bytea primary key check (octet_length(number_id) = 16),
    nonce bytea not null check (octet_length(nonce) = 12),
    ciphertext bytea not null check (octet_length(ciphertext) between 17 and 64),
    key_id integer not null check (key_id between 1 and 65535),
    sealed_at timestamptz not null
);
grant select on core.vault to waypost_sender;

-- Envelopes that core.ingest refused: bytes as they came, because they may be no valid text.
create table ops.dead_letter (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    learner_id uuid,
    reason text not null,
    payload bytea not null,
    payload_sha256 bytea not null generated always as (sha256(payload)) stored unique
);
create index dead_letter_learner on ops.dead_letter (learner_id);

-- Rows of one organisation are invisible to the others, for the owner of the views too. FORCE makes
-- that hold for the tables' owner, who has a policy of its own.
do $$
declare
    v_table text;
begin
    foreach v_table in array array['learner', 'event', 'enrolment', 'consent', 'certificate',
            'free_text', 'unknown_input', 'safe_case', 'message', 'number_state'] loop
        execute format('alter table core.%I enable row level security', v_table);
        execute format('alter table core.%I force row level security', v_table);
        execute format('create policy owner on core.%I to waypost_owner using (true) with check (true)', v_table);
    end loop;
    foreach v_table in array array['learner', 'event', 'enrolment', 'free_text'] loop
        execute format('create policy organisation on core.%I for select to report_owner
            using (org_id in (select m.org_id from core.member m where m.login = current_user))', v_table);
        execute format('grant select on core.%I to report_owner', v_table);
    end loop;
end $$;
grant select on core.member, core.organisation, core.course_version, core.unit to report_owner;
