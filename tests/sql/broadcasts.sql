-- A message to many: each has it in his or her own language, or nobody has it.
begin;
select no_plan();
select make.publish();
create function make.agreed(p_i integer, p_lang text) returns void language sql
return core.ingest(jsonb_build_array(
    make.step(p_i, 1, '2026-03-02 09:00Z', '[{"kind":"contact"},{"kind":"consented","value":1},{"kind":"agreed","choice":1,"text":"reminders"}]',
        make.vault(p_i) || jsonb_build_object('lang', p_lang))));
select make.agreed(i, case when i <= 3 then 'en' when i <= 5 then 'fr' else 'ar' end) from generate_series(1, 6) i;
select core.write_broadcast('meeting', 'en', 'The meeting is on Friday.', 'ana');
select core.approve_broadcast('meeting', 'bo');
select results_eq('select lang, people, text from core.preview_broadcast(''meeting'', ''{}'')',
    $$values ('ar', '1', null), ('en', '3', 'The meeting is on Friday.'), ('fr', '2', null)$$, 'the preview says which languages have no text');
select throws_like('select core.start_broadcast(''meeting'', ''{}'', ''bo'')', '%no text in ar (1 people), fr (2 people)%', 'then nothing begins');
select is(count(*), 0::bigint, 'nobody is meant') from core.broadcast_target;
select core.start_broadcast('meeting', '{"lang":"en"}', 'bo') as id \gset
select results_eq(format('select learner_id from core.next_of_broadcast(%s, 0)', :id), 'select make.learner(i)::text from generate_series(1, 3) i',
    'one language at a time goes');
select core.write_broadcast('meeting', 'fr', 'La reunion est vendredi.', 'ana');
select throws_like('select core.preview_broadcast(''meeting'', ''{}'')', '%not approved yet%', 'a new language waits for another person');
select core.approve_broadcast('meeting', 'bo');
select core.write_broadcast('meeting', 'ar', 'الاجتماع يوم الجمعة', 'ana'), core.approve_broadcast('meeting', 'bo');
select core.start_broadcast('meeting', '{}', 'bo') as id \gset
select results_eq(format('select text, count(*)::integer from core.next_of_broadcast(%s, 0) group by 1 order by 2', :id),
    $$values ('الاجتماع يوم الجمعة', 1), ('La reunion est vendredi.', 2), ('The meeting is on Friday.', 3)$$, 'each has it in his or her own');
select * from finish();
rollback;
