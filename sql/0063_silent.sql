-- What the gateway hands over stays out of PostgreSQL's own log, whatever an operator has it tell: with a slow statement no
-- values of its parameters (answers, questions to a person, sealed numbers), with an error not the row that was refused. Takes a
-- superuser, and is a login's own: who gives the gateway logins of other names sets it for them (`waypost doctor` says so).
do $$
declare
    v_role name;
begin
    if not (select r.rolsuper from pg_roles r where r.rolname = current_user) then
        raise warning 'the log of PostgreSQL may tell what people write: see `waypost doctor`; that takes a superuser';
        return;
    end if;
    foreach v_role in array array['waypost_writer', 'waypost_sender'] loop
        execute format('alter role %I set log_parameter_max_length = 0', v_role);
        execute format('alter role %I set log_parameter_max_length_on_error = 0', v_role);
        execute format('alter role %I set log_error_verbosity = terse', v_role);
    end loop;
end $$;
