-- core.publish: versions never change.
begin;
select no_plan();
create function pg_temp.course(p_version text, p_hash text, p_units jsonb) returns jsonb language sql
return jsonb_build_object('course', 'c', 'version', p_version, 'hash', repeat(p_hash, 64), 'bundle', encode('the files', 'base64'), 'units', p_units);
select lives_ok($$select core.publish(pg_temp.course('1.0.0', 'a', '[{"unit":"b","module":"m2","module_kind":"lessons","module_title":"Two",
    "kind":"lesson","title":"B","text":"bb"},{"unit":"a","module":"m1","module_kind":"lessons","module_title":"One","kind":"question","text":"aa",
    "choices":["x","y"],"right":[2,1]}]'))$$, 'publishes');
select results_eq('select unit, position, module, module_position, choices, right_choices from core.unit order by position',
    $$values ('b', 1, 'm2', 1, null::text[], null::smallint[]), ('a', 2, 'm1', 2, '{x,y}', '{2,1}'::smallint[])$$, 'units keep their order');
select lives_ok($$select core.publish(pg_temp.course('1.0.0', 'a', '[]'))$$, 'the same again is nothing');
select throws_ok($$select core.publish(pg_temp.course('1.0.0', 'b', '[]'))$$, '23505',
    'version 1.0.0 of c is published with other content: give it a new version number', 'other content is refused');
select core.ingest(jsonb_build_array(make.step(1, 1, now(), '[{"kind":"contact"}]', '{"course":"c","version":"2.0.0"}')));
select results_eq($$select bundle is null from core.course_version where version = '2.0.0'$$, array[true], 'events may come before their version');
select lives_ok($$select core.publish(pg_temp.course('2.0.0', 'c', '[]'))$$, 'which is then published');
select results_eq('select version, convert_from(bundle, ''UTF8'') collate "default" from core.published()', $$values ('1.0.0', 'the files'), ('2.0.0', 'the files')$$,
    'published: oldest first');
select throws_ok(format('select core.publish(%L)', pg_temp.course('3.0.0', 'c', '[]') || j), s, null, w)
from (values ('{"hash":"x"}'::jsonb, '23514', 'a hash that is none'), ('{"course":"Not Good"}', '23514', 'an id that is none'),
    ('{"bundle":null}', '23514', 'no bundle'), ('{"units":{}}', '22023', 'units that are no array'),
    ('{"units":[{"unit":"a"}]}', '23502', 'a unit without module'), ('{"version":null}', '23502', 'no version')) t (j, s, w);
select * from finish();
rollback;
