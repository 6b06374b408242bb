-- A database of release 1.0 (schema 5) after the demo was played: two learners with certificates, one who
-- stopped, one who came back, one erased, one who only wrote once. Data only: the schema is that of the
-- first five files in sql/, which never change. tests/sql/run.sh takes it to the present schema.
truncate core.organisation, ops.schema_migration restart identity cascade;
COPY core.course_version (course_id, course, version, hash, bundle, published_at) FROM stdin;
1	children-on-the-move	1.0.0	293d5bb90a98ef3ee383a375af15f04c56b758d7cc48aceb1be2fddaf1325074	\\x00	2026-11-28 13:45:22.635578+00
\.
COPY core.organisation (org_id, code, name, time_zone, is_default) FROM stdin;
1	demo	Demo organisation	UTC	t
2	north	North	Africa/Nairobi	f
\.
COPY core.learner (learner_id, org_id, country, network, lang, lang_seq, role_choice, role_seq, first_channel, first_via, first_seq, created_at, is_test, erased_at) FROM stdin;
2237a0ba-08d7-4a65-95ab-af68f64e75af	1	KE	smsc1	\N	0	2	3	kannel	sms	1	2026-11-28 13:45:23.079+00	f	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	1	KE	63902	\N	0	2	4	at-ussd	ussd	1	2026-11-28 13:45:23.281+00	f	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	1	KE	smsc1	\N	0	2	3	kannel	sms	1	2026-11-28 13:45:23.493+00	f	\N
03d04e10-7270-49b5-aeb7-065a000cf221	1	KE	smsc1	\N	0	1	3	kannel	sms	1	2026-11-28 13:45:23.623+00	f	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	1	KE	\N	\N	0	1	3	kannel	sms	1	2026-11-28 13:45:23.772+00	f	2026-11-28 13:45:23.777+00
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	1	KE	smsc1	\N	0	3	3	kannel	sms	1	2026-11-28 13:45:23.898+00	f	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	1	KE	smsc1	\N	0	3	3	kannel	sms	1	2026-11-28 13:45:24.022+00	f	\N
ed5723d3-9a75-4216-88e4-758745f3f49b	1	KE	smsc1	\N	0	\N	0	kannel	sms	1	2026-11-28 13:45:24.151+00	f	\N
\.
COPY core.certificate (code, learner_id, course_id, lang, score, issued_at, revoked_at) FROM stdin;
244257322038	2237a0ba-08d7-4a65-95ab-af68f64e75af	1	\N	100	2026-11-28 13:45:23.152+00	\N
749002179646	8a8df9d1-e4fe-4244-881f-4cae88a60f20	1	\N	100	2026-11-28 13:45:23.35+00	\N
\.
COPY core.consent (learner_id, seq, n, purpose, is_given, at, course_id, lang, channel) FROM stdin;
2237a0ba-08d7-4a65-95ab-af68f64e75af	2	0	course	t	2026-11-28 13:45:23.081+00	1	\N	twilio
8a8df9d1-e4fe-4244-881f-4cae88a60f20	3	0	course	t	2026-11-28 13:45:23.283+00	1	\N	at-ussd
4139238a-cb4d-4908-ad11-dc62f93269e6	2	0	course	t	2026-11-28 13:45:23.494+00	1	\N	twilio
4139238a-cb4d-4908-ad11-dc62f93269e6	8	0	course	f	2026-11-28 13:45:23.498+00	1	\N	twilio
03d04e10-7270-49b5-aeb7-065a000cf221	2	0	course	t	2026-11-28 13:45:23.624+00	1	\N	twilio
03d04e10-7270-49b5-aeb7-065a000cf221	7	0	course	f	2026-11-28 13:45:23.627+00	1	\N	kannel
03d04e10-7270-49b5-aeb7-065a000cf221	8	0	course	t	2026-11-28 13:45:23.628+00	1	\N	twilio
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2	0	course	t	2026-11-28 13:45:23.773+00	1	\N	twilio
84475a4a-601f-43d2-b7d6-1b6f79cc080c	7	0	course	f	2026-11-28 13:45:23.777+00	1	\N	kannel
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2	0	course	t	2026-11-28 13:45:23.9+00	1	\N	twilio
228c3cbc-bdc1-4dc9-b276-fe245913e102	2	0	course	t	2026-11-28 13:45:24.024+00	1	\N	twilio
\.
COPY core.enrolment (learner_id, course, course_id, org_id, consent_at, started_at, completed_at, certified_at, score, stop_seq, stopped_at) FROM stdin;
4139238a-cb4d-4908-ad11-dc62f93269e6	children-on-the-move	1	1	2026-11-28 13:45:23.494+00	2026-11-28 13:45:23.497+00	\N	\N	\N	8	2026-11-28 13:45:23.498+00
2237a0ba-08d7-4a65-95ab-af68f64e75af	children-on-the-move	1	1	2026-11-28 13:45:23.081+00	2026-11-28 13:45:23.082+00	2026-11-28 13:45:23.152+00	2026-11-28 13:45:23.152+00	100	0	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	children-on-the-move	1	1	2026-11-28 13:45:23.283+00	2026-11-28 13:45:23.284+00	2026-11-28 13:45:23.35+00	2026-11-28 13:45:23.35+00	100	0	\N
03d04e10-7270-49b5-aeb7-065a000cf221	children-on-the-move	1	1	2026-11-28 13:45:23.624+00	2026-11-28 13:45:23.625+00	\N	\N	\N	8	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	children-on-the-move	1	1	2026-11-28 13:45:23.773+00	2026-11-28 13:45:23.775+00	\N	\N	\N	7	2026-11-28 13:45:23.777+00
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	children-on-the-move	1	1	2026-11-28 13:45:23.9+00	2026-11-28 13:45:23.901+00	\N	\N	\N	0	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	children-on-the-move	1	1	2026-11-28 13:45:24.024+00	2026-11-28 13:45:24.025+00	\N	\N	\N	0	\N
\.
COPY core.event (learner_id, at, seq, kind, phase, via, course_id, choice, value, attempt, org_id, n, correct, unit, channel, lang) FROM stdin;
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.079+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.079+00	1	consent_asked	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.081+00	2	consented	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.081+00	3	role_set	\N	sms	1	2	\N	\N	1	0	\N	\N	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.082+00	4	answered	pretest	sms	1	1	\N	1	1	0	t	p1	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.083+00	5	answered	pretest	sms	1	3	\N	1	1	0	f	p2	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.084+00	6	answered	pretest	sms	1	3	\N	1	1	0	t	p3	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.085+00	7	answered	pretest	sms	1	1	\N	1	1	0	t	p4	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.086+00	8	answered	pretest	sms	1	2	\N	1	1	0	t	p5	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.086+00	9	answered	pretest	sms	1	1	\N	1	1	0	f	p6	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.087+00	10	answered	pretest	sms	1	1	\N	1	1	0	t	p7	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.088+00	11	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1s	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.089+00	12	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.089+00	13	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.09+00	14	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.091+00	15	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.092+00	16	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1l5	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.092+00	17	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m1l6	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.093+00	18	answered	quiz	sms	1	3	\N	1	1	0	t	m1q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.094+00	19	answered	quiz	sms	1	3	\N	1	1	0	f	m1q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.094+00	20	answered	quiz	sms	1	1	\N	1	1	0	t	m1q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.095+00	21	answered	quiz	sms	1	2	\N	1	1	0	t	m1q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.095+00	21	module_completed	\N	sms	1	\N	3	4	1	1	\N	m1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.097+00	23	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2s	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.098+00	24	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.098+00	25	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.099+00	26	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.099+00	27	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.1+00	28	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2l5	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.101+00	29	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m2l6	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.102+00	30	answered	quiz	sms	1	1	\N	1	1	0	t	m2q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.102+00	31	answered	quiz	sms	1	3	\N	1	1	0	t	m2q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.103+00	32	answered	quiz	sms	1	1	\N	1	1	0	t	m2q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.103+00	33	answered	quiz	sms	1	2	\N	1	1	0	t	m2q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.103+00	33	module_completed	\N	sms	1	\N	4	4	1	1	\N	m2	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.104+00	35	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3s	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.105+00	36	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.105+00	37	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.106+00	38	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.107+00	39	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.107+00	40	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3l5	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.108+00	41	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m3l6	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.109+00	42	answered	quiz	sms	1	2	\N	1	1	0	t	m3q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.11+00	43	answered	quiz	sms	1	3	\N	1	1	0	t	m3q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.11+00	44	answered	quiz	sms	1	1	\N	1	1	0	t	m3q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.111+00	45	answered	quiz	sms	1	2	\N	1	1	0	t	m3q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.111+00	45	module_completed	\N	sms	1	\N	4	4	1	1	\N	m3	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.112+00	47	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4s	twilio	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.281+00	1	contact	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.281+00	1	session_opened	\N	ussd	1	\N	\N	\N	1	1	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.281+00	1	consent_asked	\N	ussd	1	\N	\N	\N	1	2	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.283+00	3	consented	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.283+00	4	role_set	\N	ussd	1	2	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.284+00	5	answered	pretest	ussd	1	1	\N	1	1	0	t	p1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.284+00	6	answered	pretest	ussd	1	3	\N	1	1	0	f	p2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.284+00	7	answered	pretest	ussd	1	3	\N	1	1	0	t	p3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.285+00	8	answered	pretest	ussd	1	1	\N	1	1	0	t	p4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.285+00	9	answered	pretest	ussd	1	2	\N	1	1	0	t	p5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.285+00	10	answered	pretest	ussd	1	1	\N	1	1	0	f	p6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.286+00	11	answered	pretest	ussd	1	1	\N	1	1	0	t	p7	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.287+00	14	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1s	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.287+00	16	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.288+00	18	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.289+00	20	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1l3	at-ussd	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.113+00	48	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.114+00	49	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.114+00	50	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.115+00	51	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.115+00	52	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4l5	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.116+00	53	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m4l6	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.117+00	54	answered	quiz	sms	1	2	\N	1	1	0	t	m4q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.117+00	55	answered	quiz	sms	1	3	\N	1	1	0	t	m4q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.118+00	56	answered	quiz	sms	1	1	\N	1	1	0	t	m4q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.119+00	57	answered	quiz	sms	1	3	\N	1	1	0	t	m4q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.119+00	57	module_completed	\N	sms	1	\N	4	4	1	1	\N	m4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.12+00	59	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5s	twilio	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.289+00	22	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.293+00	24	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.294+00	26	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m1l6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.294+00	27	answered	quiz	ussd	1	3	\N	1	1	0	t	m1q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.295+00	29	answered	quiz	ussd	1	3	\N	1	1	0	f	m1q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.295+00	31	answered	quiz	ussd	1	1	\N	1	1	0	t	m1q3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.296+00	33	answered	quiz	ussd	1	2	\N	1	1	0	t	m1q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.296+00	33	module_completed	\N	ussd	1	\N	3	4	1	1	\N	m1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.297+00	37	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2s	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.298+00	39	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.298+00	41	session_resumed	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.299+00	44	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.3+00	46	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2l3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.3+00	48	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.301+00	50	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.302+00	52	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m2l6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.302+00	53	answered	quiz	ussd	1	1	\N	1	1	0	t	m2q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.303+00	55	answered	quiz	ussd	1	3	\N	1	1	0	t	m2q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.303+00	57	answered	quiz	ussd	1	1	\N	1	1	0	t	m2q3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.304+00	59	answered	quiz	ussd	1	2	\N	1	1	0	t	m2q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.304+00	59	module_completed	\N	ussd	1	\N	4	4	1	1	\N	m2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.305+00	63	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3s	at-ussd	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.121+00	60	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.121+00	61	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.122+00	62	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.122+00	63	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.123+00	64	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5l5	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.124+00	65	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m5l6	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.124+00	66	answered	quiz	sms	1	1	\N	1	1	0	t	m5q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.125+00	67	answered	quiz	sms	1	3	\N	1	1	0	t	m5q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.125+00	68	answered	quiz	sms	1	2	\N	1	1	0	t	m5q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.126+00	69	answered	quiz	sms	1	2	\N	1	1	0	t	m5q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.126+00	69	module_completed	\N	sms	1	\N	4	4	1	1	\N	m5	at	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.305+00	65	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.306+00	67	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.307+00	69	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3l3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.307+00	71	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.308+00	73	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.308+00	75	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m3l6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.309+00	76	answered	quiz	ussd	1	2	\N	1	1	0	t	m3q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.309+00	78	answered	quiz	ussd	1	3	\N	1	1	0	t	m3q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.31+00	80	answered	quiz	ussd	1	1	\N	1	1	0	t	m3q3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.311+00	82	session_resumed	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.311+00	84	answered	quiz	ussd	1	2	\N	1	1	0	t	m3q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.311+00	84	module_completed	\N	ussd	1	\N	4	4	1	1	\N	m3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.313+00	88	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4s	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.313+00	90	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.314+00	92	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.314+00	94	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4l3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.315+00	96	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.316+00	98	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.316+00	100	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m4l6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.317+00	101	answered	quiz	ussd	1	2	\N	1	1	0	t	m4q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.317+00	103	answered	quiz	ussd	1	3	\N	1	1	0	t	m4q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.318+00	105	answered	quiz	ussd	1	1	\N	1	1	0	t	m4q3	at-ussd	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.127+00	71	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6s	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.128+00	72	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.129+00	73	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.129+00	74	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.13+00	75	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.131+00	76	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6l5	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.131+00	77	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m6l6	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.132+00	78	answered	quiz	sms	1	2	\N	1	1	0	t	m6q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.137+00	79	answered	quiz	sms	1	1	\N	1	1	0	t	m6q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.138+00	80	answered	quiz	sms	1	3	\N	1	1	0	t	m6q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.139+00	81	answered	quiz	sms	1	2	\N	1	1	0	t	m6q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.139+00	81	module_completed	\N	sms	1	\N	4	4	1	1	\N	m6	at	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.319+00	107	answered	quiz	ussd	1	3	\N	1	1	0	t	m4q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.319+00	107	module_completed	\N	ussd	1	\N	4	4	1	1	\N	m4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.32+00	111	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5s	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.321+00	113	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.321+00	115	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.322+00	117	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5l3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.323+00	119	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.323+00	121	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.324+00	123	session_resumed	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.325+00	126	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m5l6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.326+00	127	answered	quiz	ussd	1	1	\N	1	1	0	t	m5q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.326+00	129	answered	quiz	ussd	1	3	\N	1	1	0	t	m5q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.327+00	131	answered	quiz	ussd	1	2	\N	1	1	0	t	m5q3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.328+00	133	answered	quiz	ussd	1	2	\N	1	1	0	t	m5q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.328+00	133	module_completed	\N	ussd	1	\N	4	4	1	1	\N	m5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.329+00	137	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6s	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.33+00	139	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.33+00	141	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.331+00	143	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6l3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.332+00	145	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.333+00	147	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.333+00	149	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m6l6	at-ussd	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.14+00	83	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m7s	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.141+00	84	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m7l1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.141+00	85	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m7l2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.142+00	86	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m7l3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.143+00	87	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m7l4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.143+00	88	unknown_input	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.144+00	89	lesson_read	\N	sms	1	\N	1	\N	1	0	\N	m7l5	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.145+00	90	answered	quiz	sms	1	1	\N	1	1	0	t	m7q1	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.145+00	91	answered	quiz	sms	1	2	\N	1	1	0	t	m7q2	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.146+00	92	answered	quiz	sms	1	3	\N	1	1	0	t	m7q3	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.146+00	93	answered	quiz	sms	1	2	\N	1	1	0	t	m7q4	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.146+00	93	module_completed	\N	sms	1	\N	4	4	1	1	\N	m7	at	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.493+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.493+00	1	consent_asked	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.494+00	2	consented	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.495+00	3	role_set	\N	sms	1	2	\N	\N	1	0	\N	\N	at	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.496+00	4	unknown_input	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.497+00	5	answered	pretest	sms	1	1	\N	1	1	0	t	p1	twilio	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.497+00	6	answered	pretest	sms	1	1	\N	1	1	0	f	p2	at	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.498+00	7	answered	pretest	sms	1	1	\N	1	1	0	f	p3	kannel	\N
4139238a-cb4d-4908-ad11-dc62f93269e6	2026-11-28 13:45:23.498+00	8	stopped	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.334+00	150	answered	quiz	ussd	1	2	\N	1	1	0	t	m6q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.334+00	152	answered	quiz	ussd	1	1	\N	1	1	0	t	m6q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.335+00	154	answered	quiz	ussd	1	3	\N	1	1	0	t	m6q3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.336+00	156	answered	quiz	ussd	1	2	\N	1	1	0	t	m6q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.336+00	156	module_completed	\N	ussd	1	\N	4	4	1	1	\N	m6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.337+00	160	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m7s	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.338+00	162	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m7l1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.339+00	164	session_resumed	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.34+00	167	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m7l2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.34+00	169	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m7l3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.344+00	171	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m7l4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.345+00	173	lesson_read	\N	ussd	1	\N	1	\N	1	0	\N	m7l5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.345+00	174	answered	quiz	ussd	1	1	\N	1	1	0	t	m7q1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.346+00	175	answered	quiz	ussd	1	2	\N	1	1	0	t	m7q2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.347+00	177	answered	quiz	ussd	1	3	\N	1	1	0	t	m7q3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.347+00	178	answered	quiz	ussd	1	2	\N	1	1	0	t	m7q4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.347+00	178	module_completed	\N	ussd	1	\N	4	4	1	1	\N	m7	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.348+00	181	answered	posttest	ussd	1	1	\N	1	1	0	t	p1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.348+00	182	answered	posttest	ussd	1	2	\N	1	1	0	t	p2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.349+00	183	answered	posttest	ussd	1	3	\N	1	1	0	t	p3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.349+00	184	answered	posttest	ussd	1	1	\N	1	1	0	t	p4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.349+00	185	answered	posttest	ussd	1	2	\N	1	1	0	t	p5	at-ussd	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.147+00	95	answered	posttest	sms	1	1	\N	1	1	0	t	p1	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.148+00	96	answered	posttest	sms	1	2	\N	1	1	0	t	p2	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.149+00	97	answered	posttest	sms	1	3	\N	1	1	0	t	p3	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.15+00	98	answered	posttest	sms	1	1	\N	1	1	0	t	p4	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.15+00	99	answered	posttest	sms	1	2	\N	1	1	0	t	p5	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.151+00	100	answered	posttest	sms	1	3	\N	1	1	0	t	p6	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.152+00	101	answered	posttest	sms	1	1	\N	1	1	0	t	p7	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.152+00	101	course_completed	\N	sms	1	\N	\N	\N	1	1	\N	\N	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.152+00	101	certified	\N	sms	1	\N	100	\N	1	2	\N	\N	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.152+00	102	survey_started	\N	sms	1	\N	\N	\N	1	0	\N	\N	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.153+00	103	answered	survey	sms	1	\N	5	1	1	0	\N	y1	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.153+00	104	answered	survey	sms	1	\N	9	1	1	0	\N	y2	twilio	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.35+00	186	answered	posttest	ussd	1	3	\N	1	1	0	t	p6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.35+00	187	answered	posttest	ussd	1	1	\N	1	1	0	t	p7	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.35+00	187	course_completed	\N	ussd	1	\N	\N	\N	1	1	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.35+00	187	certified	\N	ussd	1	\N	100	\N	1	2	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.351+00	190	survey_started	\N	ussd	1	\N	\N	\N	1	0	\N	\N	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.352+00	191	answered	survey	ussd	1	\N	5	1	1	0	\N	y1	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.352+00	192	answered	survey	ussd	1	\N	9	1	1	0	\N	y2	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.352+00	193	answered	survey	ussd	1	\N	4	1	1	0	\N	y3	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.353+00	194	answered	survey	ussd	1	\N	5	1	1	0	\N	y4	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.353+00	195	answered	survey	ussd	1	\N	2	1	1	0	\N	y5	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.353+00	196	answered	survey	ussd	1	2	\N	1	1	0	\N	y6	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.354+00	197	answered	survey	ussd	1	4	\N	1	1	0	\N	y7	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.354+00	198	answered	survey	ussd	1	\N	\N	1	1	0	\N	y8	at-ussd	\N
8a8df9d1-e4fe-4244-881f-4cae88a60f20	2026-11-28 13:45:23.354+00	198	survey_completed	\N	ussd	1	\N	\N	\N	1	1	\N	\N	at-ussd	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.154+00	105	answered	survey	sms	1	\N	4	1	1	0	\N	y3	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.154+00	106	answered	survey	sms	1	\N	5	1	1	0	\N	y4	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.155+00	107	answered	survey	sms	1	\N	2	1	1	0	\N	y5	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.156+00	108	answered	survey	sms	1	2	\N	1	1	0	\N	y6	at	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.156+00	109	answered	survey	sms	1	4	\N	1	1	0	\N	y7	kannel	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.157+00	110	answered	survey	sms	1	\N	\N	1	1	0	\N	y8	twilio	\N
2237a0ba-08d7-4a65-95ab-af68f64e75af	2026-11-28 13:45:23.157+00	110	survey_completed	\N	sms	1	\N	\N	\N	1	1	\N	\N	twilio	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.623+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.623+00	1	consent_asked	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.624+00	2	consented	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.625+00	3	role_set	\N	sms	1	1	\N	\N	1	0	\N	\N	at	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.625+00	4	answered	pretest	sms	1	1	\N	1	1	0	t	p1	kannel	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.626+00	5	safe_raised	\N	sms	1	\N	1	\N	1	0	\N	\N	twilio	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.627+00	6	answered	pretest	sms	1	1	\N	1	1	0	f	p2	at	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.627+00	7	stopped	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
03d04e10-7270-49b5-aeb7-065a000cf221	2026-11-28 13:45:23.628+00	8	rejoined	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.772+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.772+00	1	consent_asked	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.773+00	2	consented	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.775+00	3	role_set	\N	sms	1	1	\N	\N	1	0	\N	\N	at	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.775+00	4	answered	pretest	sms	1	1	\N	1	1	0	t	p1	kannel	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.776+00	5	answered	pretest	sms	1	1	\N	1	1	0	f	p2	twilio	\N
84475a4a-601f-43d2-b7d6-1b6f79cc080c	2026-11-28 13:45:23.777+00	7	erased	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.898+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.898+00	1	consent_asked	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.9+00	2	consented	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.901+00	3	role_set	\N	sms	1	3	\N	\N	1	0	\N	\N	at	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.901+00	4	answered	pretest	sms	1	1	\N	1	1	0	t	p1	kannel	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.902+00	5	answered	pretest	sms	1	2	\N	1	1	0	t	p2	twilio	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.903+00	6	answered	pretest	sms	1	1	\N	1	1	0	f	p3	at	\N
60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2026-11-28 13:45:23.903+00	7	answered	pretest	sms	1	2	\N	1	1	0	f	p4	kannel	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.022+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.022+00	1	consent_asked	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.024+00	2	consented	\N	sms	1	\N	\N	\N	1	0	\N	\N	twilio	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.025+00	3	role_set	\N	sms	1	3	\N	\N	1	0	\N	\N	at	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.025+00	4	answered	pretest	sms	1	1	\N	1	1	0	t	p1	kannel	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.026+00	5	answered	pretest	sms	1	2	\N	1	1	0	t	p2	twilio	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.027+00	6	answered	pretest	sms	1	1	\N	1	1	0	f	p3	at	\N
228c3cbc-bdc1-4dc9-b276-fe245913e102	2026-11-28 13:45:24.028+00	7	answered	pretest	sms	1	2	\N	1	1	0	f	p4	kannel	\N
ed5723d3-9a75-4216-88e4-758745f3f49b	2026-11-28 13:45:24.151+00	1	contact	\N	sms	1	\N	\N	\N	1	0	\N	\N	kannel	\N
ed5723d3-9a75-4216-88e4-758745f3f49b	2026-11-28 13:45:24.151+00	1	unknown_input	\N	sms	1	\N	\N	\N	1	1	\N	\N	kannel	\N
\.
COPY core.free_text (learner_id, seq, n, org_id, at, text) FROM stdin;
8a8df9d1-e4fe-4244-881f-4cae88a60f20	198	0	1	2026-11-28 13:45:23.354+00	call me: +# or # or # or # or +# or # or (# or # or # or #
2237a0ba-08d7-4a65-95ab-af68f64e75af	110	0	1	2026-11-28 13:45:23.157+00	call me: +# or # or # or # or +# or # or (# or # or # or #
\.
COPY core.member (login, org_id) FROM stdin;
postgres	1
\.
COPY core.message (message_id, learner_id, seq, channel, class, status, status_at, created_at, sent_at, attempts, segments, encoding, provider_id, error, country, network, price, currency) FROM stdin;
017-1795873523080-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	1	kannel	reply	sent	2026-11-28 13:45:23.082+00	2026-11-28 13:45:23.082+00	2026-11-28 13:45:23.082+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523081-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	2	twilio	reply	sent	2026-11-28 13:45:23.081+00	2026-11-28 13:45:23.081+00	2026-11-28 13:45:23.081+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523081-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	3	at	reply	sent	2026-11-28 13:45:23.083+00	2026-11-28 13:45:23.083+00	2026-11-28 13:45:23.083+00	1	2	gsm7	sim-2	\N	KE	63902	\N	\N
017-1795873523083-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	4	kannel	reply	sent	2026-11-28 13:45:23.085+00	2026-11-28 13:45:23.085+00	2026-11-28 13:45:23.085+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523083-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	5	twilio	reply	sent	2026-11-28 13:45:23.083+00	2026-11-28 13:45:23.083+00	2026-11-28 13:45:23.083+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523085-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	6	at	reply	sent	2026-11-28 13:45:23.086+00	2026-11-28 13:45:23.086+00	2026-11-28 13:45:23.086+00	1	1	gsm7	sim-4	\N	KE	63902	\N	\N
017-1795873523085-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	7	kannel	reply	sent	2026-11-28 13:45:23.087+00	2026-11-28 13:45:23.087+00	2026-11-28 13:45:23.087+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523086-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	8	twilio	reply	sent	2026-11-28 13:45:23.086+00	2026-11-28 13:45:23.086+00	2026-11-28 13:45:23.086+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523087-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	9	at	reply	sent	2026-11-28 13:45:23.088+00	2026-11-28 13:45:23.088+00	2026-11-28 13:45:23.088+00	1	1	gsm7	sim-6	\N	KE	63902	\N	\N
017-1795873523087-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	10	kannel	reply	sent	2026-11-28 13:45:23.089+00	2026-11-28 13:45:23.089+00	2026-11-28 13:45:23.089+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523088-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	11	twilio	reply	sent	2026-11-28 13:45:23.088+00	2026-11-28 13:45:23.088+00	2026-11-28 13:45:23.088+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523089-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	12	at	reply	sent	2026-11-28 13:45:23.09+00	2026-11-28 13:45:23.09+00	2026-11-28 13:45:23.09+00	1	2	gsm7	sim-8	\N	KE	63902	\N	\N
017-1795873523090-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	13	kannel	reply	sent	2026-11-28 13:45:23.092+00	2026-11-28 13:45:23.092+00	2026-11-28 13:45:23.092+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523090-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	14	twilio	reply	sent	2026-11-28 13:45:23.09+00	2026-11-28 13:45:23.09+00	2026-11-28 13:45:23.09+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523091-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	15	at	reply	sent	2026-11-28 13:45:23.093+00	2026-11-28 13:45:23.093+00	2026-11-28 13:45:23.093+00	1	2	gsm7	sim-10	\N	KE	63902	\N	\N
017-1795873523092-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	16	kannel	reply	sent	2026-11-28 13:45:23.094+00	2026-11-28 13:45:23.094+00	2026-11-28 13:45:23.094+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523092-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	17	twilio	reply	sent	2026-11-28 13:45:23.092+00	2026-11-28 13:45:23.092+00	2026-11-28 13:45:23.092+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523093-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	18	at	reply	sent	2026-11-28 13:45:23.095+00	2026-11-28 13:45:23.095+00	2026-11-28 13:45:23.095+00	1	2	gsm7	sim-12	\N	KE	63902	\N	\N
017-1795873523094-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	19	kannel	reply	sent	2026-11-28 13:45:23.096+00	2026-11-28 13:45:23.096+00	2026-11-28 13:45:23.096+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523095-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	20	twilio	reply	sent	2026-11-28 13:45:23.094+00	2026-11-28 13:45:23.094+00	2026-11-28 13:45:23.094+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523096-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	21	at	reply	sent	2026-11-28 13:45:23.096+00	2026-11-28 13:45:23.096+00	2026-11-28 13:45:23.096+00	1	1	gsm7	sim-14	\N	KE	63902	\N	\N
017-1795873523096-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	22	kannel	reply	sent	2026-11-28 13:45:23.097+00	2026-11-28 13:45:23.097+00	2026-11-28 13:45:23.097+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523097-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	23	twilio	reply	sent	2026-11-28 13:45:23.097+00	2026-11-28 13:45:23.097+00	2026-11-28 13:45:23.097+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523098-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	24	at	reply	sent	2026-11-28 13:45:23.098+00	2026-11-28 13:45:23.098+00	2026-11-28 13:45:23.098+00	1	2	gsm7	sim-16	\N	KE	63902	\N	\N
017-1795873523098-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	25	kannel	reply	sent	2026-11-28 13:45:23.099+00	2026-11-28 13:45:23.099+00	2026-11-28 13:45:23.099+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523099-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	26	twilio	reply	sent	2026-11-28 13:45:23.099+00	2026-11-28 13:45:23.099+00	2026-11-28 13:45:23.099+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523100-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	27	at	reply	sent	2026-11-28 13:45:23.1+00	2026-11-28 13:45:23.1+00	2026-11-28 13:45:23.1+00	1	2	gsm7	sim-18	\N	KE	63902	\N	\N
017-1795873523100-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	28	kannel	reply	sent	2026-11-28 13:45:23.101+00	2026-11-28 13:45:23.101+00	2026-11-28 13:45:23.101+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523101-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	29	twilio	reply	sent	2026-11-28 13:45:23.101+00	2026-11-28 13:45:23.101+00	2026-11-28 13:45:23.101+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523102-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	30	at	reply	sent	2026-11-28 13:45:23.102+00	2026-11-28 13:45:23.102+00	2026-11-28 13:45:23.102+00	1	2	gsm7	sim-20	\N	KE	63902	\N	\N
017-1795873523102-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	31	kannel	reply	sent	2026-11-28 13:45:23.103+00	2026-11-28 13:45:23.103+00	2026-11-28 13:45:23.103+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523103-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	32	twilio	reply	sent	2026-11-28 13:45:23.103+00	2026-11-28 13:45:23.103+00	2026-11-28 13:45:23.103+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523103-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	33	at	reply	sent	2026-11-28 13:45:23.104+00	2026-11-28 13:45:23.104+00	2026-11-28 13:45:23.104+00	1	1	gsm7	sim-22	\N	KE	63902	\N	\N
017-1795873523105-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	35	twilio	reply	sent	2026-11-28 13:45:23.104+00	2026-11-28 13:45:23.104+00	2026-11-28 13:45:23.104+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523104-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	34	kannel	reply	sent	2026-11-28 13:45:23.105+00	2026-11-28 13:45:23.105+00	2026-11-28 13:45:23.105+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523105-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	36	at	reply	sent	2026-11-28 13:45:23.106+00	2026-11-28 13:45:23.106+00	2026-11-28 13:45:23.106+00	1	2	gsm7	sim-24	\N	KE	63902	\N	\N
017-1795873523106-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	37	kannel	reply	sent	2026-11-28 13:45:23.107+00	2026-11-28 13:45:23.107+00	2026-11-28 13:45:23.107+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523106-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	38	twilio	reply	sent	2026-11-28 13:45:23.106+00	2026-11-28 13:45:23.106+00	2026-11-28 13:45:23.106+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523107-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	39	at	reply	sent	2026-11-28 13:45:23.107+00	2026-11-28 13:45:23.107+00	2026-11-28 13:45:23.107+00	1	2	gsm7	sim-26	\N	KE	63902	\N	\N
017-1795873523107-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	40	kannel	reply	sent	2026-11-28 13:45:23.108+00	2026-11-28 13:45:23.108+00	2026-11-28 13:45:23.108+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523108-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	41	twilio	reply	sent	2026-11-28 13:45:23.108+00	2026-11-28 13:45:23.108+00	2026-11-28 13:45:23.108+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523109-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	42	at	reply	sent	2026-11-28 13:45:23.11+00	2026-11-28 13:45:23.11+00	2026-11-28 13:45:23.11+00	1	2	gsm7	sim-28	\N	KE	63902	\N	\N
017-1795873523110-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	43	kannel	reply	sent	2026-11-28 13:45:23.111+00	2026-11-28 13:45:23.111+00	2026-11-28 13:45:23.111+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523110-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	44	twilio	reply	sent	2026-11-28 13:45:23.11+00	2026-11-28 13:45:23.11+00	2026-11-28 13:45:23.11+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523111-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	45	at	reply	sent	2026-11-28 13:45:23.112+00	2026-11-28 13:45:23.112+00	2026-11-28 13:45:23.112+00	1	1	gsm7	sim-30	\N	KE	63902	\N	\N
017-1795873523112-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	47	twilio	reply	sent	2026-11-28 13:45:23.112+00	2026-11-28 13:45:23.112+00	2026-11-28 13:45:23.112+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523112-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	46	kannel	reply	sent	2026-11-28 13:45:23.113+00	2026-11-28 13:45:23.113+00	2026-11-28 13:45:23.113+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523113-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	48	at	reply	sent	2026-11-28 13:45:23.114+00	2026-11-28 13:45:23.114+00	2026-11-28 13:45:23.114+00	1	2	gsm7	sim-32	\N	KE	63902	\N	\N
017-1795873523114-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	49	kannel	reply	sent	2026-11-28 13:45:23.114+00	2026-11-28 13:45:23.114+00	2026-11-28 13:45:23.114+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523114-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	50	twilio	reply	sent	2026-11-28 13:45:23.114+00	2026-11-28 13:45:23.114+00	2026-11-28 13:45:23.114+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523115-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	51	at	reply	sent	2026-11-28 13:45:23.115+00	2026-11-28 13:45:23.115+00	2026-11-28 13:45:23.115+00	1	2	gsm7	sim-34	\N	KE	63902	\N	\N
017-1795873523115-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	52	kannel	reply	sent	2026-11-28 13:45:23.116+00	2026-11-28 13:45:23.116+00	2026-11-28 13:45:23.116+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523116-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	53	twilio	reply	sent	2026-11-28 13:45:23.116+00	2026-11-28 13:45:23.116+00	2026-11-28 13:45:23.116+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523117-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	54	at	reply	sent	2026-11-28 13:45:23.117+00	2026-11-28 13:45:23.117+00	2026-11-28 13:45:23.117+00	1	2	gsm7	sim-36	\N	KE	63902	\N	\N
017-1795873523117-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	55	kannel	reply	sent	2026-11-28 13:45:23.118+00	2026-11-28 13:45:23.118+00	2026-11-28 13:45:23.118+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523118-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	56	twilio	reply	sent	2026-11-28 13:45:23.118+00	2026-11-28 13:45:23.118+00	2026-11-28 13:45:23.118+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523119-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	57	at	reply	sent	2026-11-28 13:45:23.12+00	2026-11-28 13:45:23.12+00	2026-11-28 13:45:23.12+00	1	1	gsm7	sim-38	\N	KE	63902	\N	\N
017-1795873523119-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	58	kannel	reply	sent	2026-11-28 13:45:23.12+00	2026-11-28 13:45:23.12+00	2026-11-28 13:45:23.12+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523120-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	59	twilio	reply	sent	2026-11-28 13:45:23.12+00	2026-11-28 13:45:23.12+00	2026-11-28 13:45:23.12+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523121-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	60	at	reply	sent	2026-11-28 13:45:23.121+00	2026-11-28 13:45:23.121+00	2026-11-28 13:45:23.121+00	1	2	gsm7	sim-40	\N	KE	63902	\N	\N
017-1795873523121-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	61	kannel	reply	sent	2026-11-28 13:45:23.122+00	2026-11-28 13:45:23.122+00	2026-11-28 13:45:23.122+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523122-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	62	twilio	reply	sent	2026-11-28 13:45:23.122+00	2026-11-28 13:45:23.122+00	2026-11-28 13:45:23.122+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523123-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	63	at	reply	sent	2026-11-28 13:45:23.123+00	2026-11-28 13:45:23.123+00	2026-11-28 13:45:23.123+00	1	2	gsm7	sim-42	\N	KE	63902	\N	\N
017-1795873523123-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	64	kannel	reply	sent	2026-11-28 13:45:23.124+00	2026-11-28 13:45:23.124+00	2026-11-28 13:45:23.124+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523124-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	65	twilio	reply	sent	2026-11-28 13:45:23.124+00	2026-11-28 13:45:23.124+00	2026-11-28 13:45:23.124+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523125-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	66	at	reply	sent	2026-11-28 13:45:23.125+00	2026-11-28 13:45:23.125+00	2026-11-28 13:45:23.125+00	1	2	gsm7	sim-44	\N	KE	63902	\N	\N
017-1795873523125-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	67	kannel	reply	sent	2026-11-28 13:45:23.126+00	2026-11-28 13:45:23.126+00	2026-11-28 13:45:23.126+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523126-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	68	twilio	reply	sent	2026-11-28 13:45:23.125+00	2026-11-28 13:45:23.125+00	2026-11-28 13:45:23.125+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523126-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	69	at	reply	sent	2026-11-28 13:45:23.127+00	2026-11-28 13:45:23.127+00	2026-11-28 13:45:23.127+00	1	1	gsm7	sim-46	\N	KE	63902	\N	\N
017-1795873523127-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	70	kannel	reply	sent	2026-11-28 13:45:23.128+00	2026-11-28 13:45:23.128+00	2026-11-28 13:45:23.128+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523128-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	71	twilio	reply	sent	2026-11-28 13:45:23.127+00	2026-11-28 13:45:23.127+00	2026-11-28 13:45:23.127+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523128-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	72	at	reply	sent	2026-11-28 13:45:23.129+00	2026-11-28 13:45:23.129+00	2026-11-28 13:45:23.129+00	1	2	gsm7	sim-48	\N	KE	63902	\N	\N
017-1795873523129-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	73	kannel	reply	sent	2026-11-28 13:45:23.13+00	2026-11-28 13:45:23.13+00	2026-11-28 13:45:23.13+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523130-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	74	twilio	reply	sent	2026-11-28 13:45:23.129+00	2026-11-28 13:45:23.129+00	2026-11-28 13:45:23.129+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523130-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	75	at	reply	sent	2026-11-28 13:45:23.131+00	2026-11-28 13:45:23.131+00	2026-11-28 13:45:23.131+00	1	2	gsm7	sim-50	\N	KE	63902	\N	\N
017-1795873523131-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	76	kannel	reply	sent	2026-11-28 13:45:23.132+00	2026-11-28 13:45:23.132+00	2026-11-28 13:45:23.132+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523132-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	77	twilio	reply	sent	2026-11-28 13:45:23.131+00	2026-11-28 13:45:23.131+00	2026-11-28 13:45:23.131+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523132-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	78	at	reply	sent	2026-11-28 13:45:23.138+00	2026-11-28 13:45:23.138+00	2026-11-28 13:45:23.138+00	1	2	gsm7	sim-52	\N	KE	63902	\N	\N
017-1795873523138-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	79	kannel	reply	sent	2026-11-28 13:45:23.139+00	2026-11-28 13:45:23.139+00	2026-11-28 13:45:23.139+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523138-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	80	twilio	reply	sent	2026-11-28 13:45:23.138+00	2026-11-28 13:45:23.138+00	2026-11-28 13:45:23.138+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523139-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	81	at	reply	sent	2026-11-28 13:45:23.14+00	2026-11-28 13:45:23.14+00	2026-11-28 13:45:23.14+00	1	1	gsm7	sim-54	\N	KE	63902	\N	\N
017-1795873523140-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	82	kannel	reply	sent	2026-11-28 13:45:23.141+00	2026-11-28 13:45:23.141+00	2026-11-28 13:45:23.141+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523140-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	83	twilio	reply	sent	2026-11-28 13:45:23.14+00	2026-11-28 13:45:23.14+00	2026-11-28 13:45:23.14+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523141-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	84	at	reply	sent	2026-11-28 13:45:23.142+00	2026-11-28 13:45:23.142+00	2026-11-28 13:45:23.142+00	1	2	gsm7	sim-56	\N	KE	63902	\N	\N
017-1795873523142-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	85	kannel	reply	sent	2026-11-28 13:45:23.142+00	2026-11-28 13:45:23.142+00	2026-11-28 13:45:23.142+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523142-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	86	twilio	reply	sent	2026-11-28 13:45:23.142+00	2026-11-28 13:45:23.142+00	2026-11-28 13:45:23.142+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523143-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	87	at	reply	sent	2026-11-28 13:45:23.143+00	2026-11-28 13:45:23.143+00	2026-11-28 13:45:23.143+00	1	2	gsm7	sim-58	\N	KE	63902	\N	\N
017-1795873523143-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	88	kannel	reply	sent	2026-11-28 13:45:23.144+00	2026-11-28 13:45:23.144+00	2026-11-28 13:45:23.144+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523144-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	89	twilio	reply	sent	2026-11-28 13:45:23.144+00	2026-11-28 13:45:23.144+00	2026-11-28 13:45:23.144+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523145-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	90	at	reply	sent	2026-11-28 13:45:23.145+00	2026-11-28 13:45:23.145+00	2026-11-28 13:45:23.145+00	1	2	gsm7	sim-60	\N	KE	63902	\N	\N
017-1795873523145-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	91	kannel	reply	sent	2026-11-28 13:45:23.146+00	2026-11-28 13:45:23.146+00	2026-11-28 13:45:23.146+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523146-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	92	twilio	reply	sent	2026-11-28 13:45:23.146+00	2026-11-28 13:45:23.146+00	2026-11-28 13:45:23.146+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
022-1795873523493-0	4139238a-cb4d-4908-ad11-dc62f93269e6	1	kannel	reply	sent	2026-11-28 13:45:23.495+00	2026-11-28 13:45:23.495+00	2026-11-28 13:45:23.495+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
022-1795873523495-0	4139238a-cb4d-4908-ad11-dc62f93269e6	2	twilio	reply	sent	2026-11-28 13:45:23.494+00	2026-11-28 13:45:23.494+00	2026-11-28 13:45:23.494+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
022-1795873523495-1	4139238a-cb4d-4908-ad11-dc62f93269e6	3	at	reply	sent	2026-11-28 13:45:23.496+00	2026-11-28 13:45:23.496+00	2026-11-28 13:45:23.496+00	1	2	gsm7	sim-75	\N	KE	63902	\N	\N
022-1795873523496-0	4139238a-cb4d-4908-ad11-dc62f93269e6	4	kannel	reply	sent	2026-11-28 13:45:23.497+00	2026-11-28 13:45:23.497+00	2026-11-28 13:45:23.497+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
022-1795873523497-0	4139238a-cb4d-4908-ad11-dc62f93269e6	5	twilio	reply	sent	2026-11-28 13:45:23.497+00	2026-11-28 13:45:23.497+00	2026-11-28 13:45:23.497+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
022-1795873523498-0	4139238a-cb4d-4908-ad11-dc62f93269e6	6	at	reply	sent	2026-11-28 13:45:23.498+00	2026-11-28 13:45:23.498+00	2026-11-28 13:45:23.498+00	1	2	gsm7	sim-77	\N	KE	63902	\N	\N
022-1795873523498-1	4139238a-cb4d-4908-ad11-dc62f93269e6	7	kannel	reply	sent	2026-11-28 13:45:23.499+00	2026-11-28 13:45:23.499+00	2026-11-28 13:45:23.499+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
022-1795873523499-0	4139238a-cb4d-4908-ad11-dc62f93269e6	8	twilio	notice	sent	2026-11-28 13:45:23.498+00	2026-11-28 13:45:23.498+00	2026-11-28 13:45:23.498+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523147-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	93	at	reply	sent	2026-11-28 13:45:23.147+00	2026-11-28 13:45:23.147+00	2026-11-28 13:45:23.147+00	1	1	gsm7	sim-62	\N	KE	63902	\N	\N
017-1795873523147-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	94	kannel	reply	sent	2026-11-28 13:45:23.148+00	2026-11-28 13:45:23.148+00	2026-11-28 13:45:23.148+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523148-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	95	twilio	reply	sent	2026-11-28 13:45:23.147+00	2026-11-28 13:45:23.147+00	2026-11-28 13:45:23.147+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523149-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	96	at	reply	sent	2026-11-28 13:45:23.149+00	2026-11-28 13:45:23.149+00	2026-11-28 13:45:23.149+00	1	2	gsm7	sim-64	\N	KE	63902	\N	\N
017-1795873523149-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	97	kannel	reply	sent	2026-11-28 13:45:23.15+00	2026-11-28 13:45:23.15+00	2026-11-28 13:45:23.15+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523150-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	98	twilio	reply	sent	2026-11-28 13:45:23.15+00	2026-11-28 13:45:23.15+00	2026-11-28 13:45:23.15+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523151-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	99	at	reply	sent	2026-11-28 13:45:23.151+00	2026-11-28 13:45:23.151+00	2026-11-28 13:45:23.151+00	1	1	gsm7	sim-66	\N	KE	63902	\N	\N
017-1795873523151-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	100	kannel	reply	sent	2026-11-28 13:45:23.152+00	2026-11-28 13:45:23.152+00	2026-11-28 13:45:23.152+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523152-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	101	twilio	notice	sent	2026-11-28 13:45:23.152+00	2026-11-28 13:45:23.152+00	2026-11-28 13:45:23.152+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523152-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	102	at	reply	sent	2026-11-28 13:45:23.153+00	2026-11-28 13:45:23.153+00	2026-11-28 13:45:23.153+00	1	1	gsm7	sim-68	\N	KE	63902	\N	\N
017-1795873523153-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	103	kannel	reply	sent	2026-11-28 13:45:23.154+00	2026-11-28 13:45:23.154+00	2026-11-28 13:45:23.154+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523154-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	104	twilio	reply	sent	2026-11-28 13:45:23.153+00	2026-11-28 13:45:23.153+00	2026-11-28 13:45:23.153+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523154-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	105	at	reply	sent	2026-11-28 13:45:23.155+00	2026-11-28 13:45:23.155+00	2026-11-28 13:45:23.155+00	1	1	gsm7	sim-70	\N	KE	63902	\N	\N
017-1795873523155-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	106	kannel	reply	sent	2026-11-28 13:45:23.155+00	2026-11-28 13:45:23.155+00	2026-11-28 13:45:23.155+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523155-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	107	twilio	reply	sent	2026-11-28 13:45:23.155+00	2026-11-28 13:45:23.155+00	2026-11-28 13:45:23.155+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
017-1795873523156-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	108	at	reply	sent	2026-11-28 13:45:23.156+00	2026-11-28 13:45:23.156+00	2026-11-28 13:45:23.156+00	1	1	gsm7	sim-72	\N	KE	63902	\N	\N
017-1795873523156-1	2237a0ba-08d7-4a65-95ab-af68f64e75af	109	kannel	reply	sent	2026-11-28 13:45:23.157+00	2026-11-28 13:45:23.157+00	2026-11-28 13:45:23.157+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
017-1795873523157-0	2237a0ba-08d7-4a65-95ab-af68f64e75af	110	twilio	reply	sent	2026-11-28 13:45:23.157+00	2026-11-28 13:45:23.157+00	2026-11-28 13:45:23.157+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
232-1795873523623-0	03d04e10-7270-49b5-aeb7-065a000cf221	1	kannel	reply	sent	2026-11-28 13:45:23.624+00	2026-11-28 13:45:23.624+00	2026-11-28 13:45:23.624+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
232-1795873523624-0	03d04e10-7270-49b5-aeb7-065a000cf221	2	twilio	reply	sent	2026-11-28 13:45:23.624+00	2026-11-28 13:45:23.624+00	2026-11-28 13:45:23.624+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
232-1795873523625-0	03d04e10-7270-49b5-aeb7-065a000cf221	3	at	reply	sent	2026-11-28 13:45:23.625+00	2026-11-28 13:45:23.625+00	2026-11-28 13:45:23.625+00	1	2	gsm7	sim-80	\N	KE	63902	\N	\N
232-1795873523625-1	03d04e10-7270-49b5-aeb7-065a000cf221	4	kannel	reply	sent	2026-11-28 13:45:23.626+00	2026-11-28 13:45:23.626+00	2026-11-28 13:45:23.626+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
232-1795873523626-0	03d04e10-7270-49b5-aeb7-065a000cf221	5	twilio	reply	sent	2026-11-28 13:45:23.626+00	2026-11-28 13:45:23.626+00	2026-11-28 13:45:23.626+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
232-1795873523627-0	03d04e10-7270-49b5-aeb7-065a000cf221	6	at	reply	sent	2026-11-28 13:45:23.627+00	2026-11-28 13:45:23.627+00	2026-11-28 13:45:23.627+00	1	2	gsm7	sim-82	\N	KE	63902	\N	\N
232-1795873523627-1	03d04e10-7270-49b5-aeb7-065a000cf221	7	kannel	notice	sent	2026-11-28 13:45:23.628+00	2026-11-28 13:45:23.628+00	2026-11-28 13:45:23.628+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
232-1795873523628-0	03d04e10-7270-49b5-aeb7-065a000cf221	8	twilio	reply	sent	2026-11-28 13:45:23.628+00	2026-11-28 13:45:23.628+00	2026-11-28 13:45:23.628+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
232-1795873523629-0	03d04e10-7270-49b5-aeb7-065a000cf221	9	at	reply	sent	2026-11-28 13:45:23.632+00	2026-11-28 13:45:23.632+00	2026-11-28 13:45:23.632+00	1	1	gsm7	sim-84	\N	KE	63902	\N	\N
094-1795873523774-0	84475a4a-601f-43d2-b7d6-1b6f79cc080c	2	twilio	reply	sent	2026-11-28 13:45:23.773+00	2026-11-28 13:45:23.773+00	2026-11-28 13:45:23.773+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
094-1795873523776-1	84475a4a-601f-43d2-b7d6-1b6f79cc080c	5	twilio	reply	sent	2026-11-28 13:45:23.776+00	2026-11-28 13:45:23.776+00	2026-11-28 13:45:23.776+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
094-1795873523772-0	84475a4a-601f-43d2-b7d6-1b6f79cc080c	1	kannel	reply	sent	2026-11-28 13:45:23.774+00	2026-11-28 13:45:23.774+00	2026-11-28 13:45:23.774+00	1	2	gsm7	\N	\N	KE	\N	\N	\N
094-1795873523775-0	84475a4a-601f-43d2-b7d6-1b6f79cc080c	3	at	reply	sent	2026-11-28 13:45:23.775+00	2026-11-28 13:45:23.775+00	2026-11-28 13:45:23.775+00	1	2	gsm7	sim-86	\N	KE	\N	\N	\N
094-1795873523776-0	84475a4a-601f-43d2-b7d6-1b6f79cc080c	4	kannel	reply	sent	2026-11-28 13:45:23.776+00	2026-11-28 13:45:23.776+00	2026-11-28 13:45:23.776+00	1	1	gsm7	\N	\N	KE	\N	\N	\N
094-1795873523777-0	84475a4a-601f-43d2-b7d6-1b6f79cc080c	6	at	reply	sent	2026-11-28 13:45:23.777+00	2026-11-28 13:45:23.777+00	2026-11-28 13:45:23.777+00	1	1	gsm7	sim-88	\N	KE	\N	\N	\N
094-1795873523777-1	84475a4a-601f-43d2-b7d6-1b6f79cc080c	7	kannel	notice	sent	2026-11-28 13:45:23.778+00	2026-11-28 13:45:23.778+00	2026-11-28 13:45:23.778+00	1	1	gsm7	\N	\N	KE	\N	\N	\N
026-1795873523899-0	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	1	kannel	reply	sent	2026-11-28 13:45:23.9+00	2026-11-28 13:45:23.9+00	2026-11-28 13:45:23.9+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
026-1795873523900-0	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	2	twilio	reply	sent	2026-11-28 13:45:23.9+00	2026-11-28 13:45:23.9+00	2026-11-28 13:45:23.9+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
026-1795873523901-0	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	3	at	reply	sent	2026-11-28 13:45:23.901+00	2026-11-28 13:45:23.901+00	2026-11-28 13:45:23.901+00	1	2	gsm7	sim-91	\N	KE	63902	\N	\N
026-1795873523902-0	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	4	kannel	reply	sent	2026-11-28 13:45:23.902+00	2026-11-28 13:45:23.902+00	2026-11-28 13:45:23.902+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
026-1795873523902-1	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	5	twilio	reply	sent	2026-11-28 13:45:23.902+00	2026-11-28 13:45:23.902+00	2026-11-28 13:45:23.902+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
026-1795873523903-0	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	6	at	reply	sent	2026-11-28 13:45:23.903+00	2026-11-28 13:45:23.903+00	2026-11-28 13:45:23.903+00	1	1	gsm7	sim-93	\N	KE	63902	\N	\N
026-1795873523903-1	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	7	kannel	reply	sent	2026-11-28 13:45:23.909+00	2026-11-28 13:45:23.909+00	2026-11-28 13:45:23.909+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
030-1795873524023-0	228c3cbc-bdc1-4dc9-b276-fe245913e102	1	kannel	reply	sent	2026-11-28 13:45:24.025+00	2026-11-28 13:45:24.025+00	2026-11-28 13:45:24.025+00	1	2	gsm7	\N	\N	KE	smsc1	\N	\N
030-1795873524024-0	228c3cbc-bdc1-4dc9-b276-fe245913e102	2	twilio	reply	sent	2026-11-28 13:45:24.024+00	2026-11-28 13:45:24.024+00	2026-11-28 13:45:24.024+00	0	1	gsm7	\N	\N	KE	\N	\N	\N
030-1795873524025-0	228c3cbc-bdc1-4dc9-b276-fe245913e102	3	at	reply	sent	2026-11-28 13:45:24.026+00	2026-11-28 13:45:24.026+00	2026-11-28 13:45:24.026+00	1	2	gsm7	sim-96	\N	KE	63902	\N	\N
030-1795873524026-0	228c3cbc-bdc1-4dc9-b276-fe245913e102	4	kannel	reply	sent	2026-11-28 13:45:24.027+00	2026-11-28 13:45:24.027+00	2026-11-28 13:45:24.027+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
030-1795873524027-0	228c3cbc-bdc1-4dc9-b276-fe245913e102	5	twilio	reply	sent	2026-11-28 13:45:24.026+00	2026-11-28 13:45:24.026+00	2026-11-28 13:45:24.026+00	0	2	gsm7	\N	\N	KE	\N	\N	\N
030-1795873524027-1	228c3cbc-bdc1-4dc9-b276-fe245913e102	6	at	reply	sent	2026-11-28 13:45:24.028+00	2026-11-28 13:45:24.028+00	2026-11-28 13:45:24.028+00	1	1	gsm7	sim-98	\N	KE	63902	\N	\N
030-1795873524028-0	228c3cbc-bdc1-4dc9-b276-fe245913e102	7	kannel	reply	sent	2026-11-28 13:45:24.029+00	2026-11-28 13:45:24.029+00	2026-11-28 13:45:24.029+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
133-1795873524151-0	ed5723d3-9a75-4216-88e4-758745f3f49b	1	kannel	reply	sent	2026-11-28 13:45:24.157+00	2026-11-28 13:45:24.157+00	2026-11-28 13:45:24.157+00	1	1	gsm7	\N	\N	KE	smsc1	\N	\N
\.
COPY core.number_state (number_id, learner_id, seq, at, due_at, state) FROM stdin;
\\x16771c3a891162a4a9dfa21b7ffedd29	4139238a-cb4d-4908-ad11-dc62f93269e6	8	2026-11-28 13:45:23.498+00	\N	\\x000000080108d45c51ec454882d4f46f949472bb2bb1af42ff018fcb15b46f94e4b08c54ef8400000000aa8e9d93a234067477696c696f4139238acb4d4908ad11dc62f93269e60773746f7070656407707265746573740002703487cc99d80400000200000301000000000000a68e9d93a234aa8e9d93a2340000
\\x364e298708a9b588af93ef4d9738ebda	8a8df9d1-e4fe-4244-881f-4cae88a60f20	198	2026-11-28 13:45:23.354+00	2027-02-06 13:45:23.354+00	\\x000000c6010462702ac62e483de108362dab41593e5eeda49bf50f8102eaa2cbef0f009a8d9d93a2340261748a8df9d1e4fe4244881f4cae88a60f2004646f6e65066c6573736f6e000087cc99d80404ffffff0f04fdffff0f02000008000507070100be8889a0e615d38c9d93a2349a8d9d93a2349add91d7b83400
\\x114690d13b394becc14cec2fc28b87b4	2237a0ba-08d7-4a65-95ab-af68f64e75af	110	2026-11-28 13:45:23.157+00	2027-02-06 13:45:23.157+00	\\x0000006e01087e0ad44660ec29468ae8454532a19e3cc09ebaa6d75e55023a2e39fe813027ab00000000d58b9d93a234067477696c696f2237a0ba08d74a6595abaf68f64e75af04646f6e65036e6577000087cc99d80404ffffff0f04fdffff0f02000008000507070100b6e8fbf68d07898b9d93a234d48b9d93a234d5db91d7b83400
\\xe80597e93e9e7bee012641b516eddbf4	03d04e10-7270-49b5-aeb7-065a000cf221	9	2026-11-28 13:45:23.629+00	\N	\\x0000000901084f000e8be253f55544d947d2338ca53b466decf946f7e100c2f6f35d5422b59100000000ad8f9d93a23402617403d04e10727049b5aeb7065a000cf2210f7377697463685f6c616e677561676507707265746573740002703387cc99d80400000100000201000000000000a88f9d93a234ac8f9d93a2340000
\\x1a2e40b6d4f419cc772ddbdb33cba371	60f67326-c06a-4f79-ab28-e3e4cbe30ef1	7	2026-11-28 13:45:23.903+00	\N	\\x00000007010741984ac38c2718d3c808d70c1cd6965228cd25ba9b9fc368f1c0f45900000000bf919d93a234066b616e6e656c60f67326c06a4f79ab28e3e4cbe30ef10770726574657374036e65770002703587cc99d80400000300000402000000000000bc919d93a234bf919d93a2340000
\\x1e941e17bc3b1807440dbf82c48ed2b9	228c3cbc-bdc1-4dc9-b276-fe245913e102	7	2026-11-28 13:45:24.028+00	\N	\\x0000000701076041f21bb89f999887e939f55c0ca776c4c7c9f9514f5eaf5c3a74fe00000000bc929d93a234066b616e6e656c228c3cbcbdc14dc9b276fe245913e1020770726574657374036e65770002703587cc99d80400000300000402000000000000b8929d93a234bc929d93a2340000
\\x8505d1f36cb1497f3e3ca05d35fb89cd	ed5723d3-9a75-4216-88e4-758745f3f49b	1	2026-11-28 13:45:24.151+00	2026-12-05 13:45:24.151+00	\\x0000000101013cb0350500000000b7939d93a234066b616e6e656ced5723d39a75421688e4758745f3f49b036e6577036e6577000000000000000100000000000000000000b79bcfb3a43400
\.
COPY core.safe_case (learner_id, seq, n, org_id, raised_at, source, sealed, acknowledged_at) FROM stdin;
03d04e10-7270-49b5-aeb7-065a000cf221	5	0	1	2026-11-28 13:45:23.626+00	keyword	\\x000106afabdf975a5871d6045b6abf55db3859cb37b14dcb8f063080606a6092e76b	\N
\.
COPY core.unit (course_id, unit, "position", module, module_position, module_kind, module_title, kind, title, text, choices, right_choices) FROM stdin;
1	m1s	2	m1	2	lessons	The situation	story	The children leave	Lina is 14. Her brother Sami is 8. Fight	\N	\N
1	m5s	46	m5	6	lessons	Oversight and complaints	story	A visitor listens	Sami has bad dreams. At the day centre a	\N	\N
1	role	1	rolemodule	1	role	Your work	question	What is your work?	What is your work?	{"Social worker",Volunteer,Teacher,"Health worker","Border or police",Other}	\N
1	m1l3	5	m1	2	lessons	The situation	lesson	How many	UNICEF counted 47.2 million children dis	\N	\N
1	m1q1	9	m1	2	lessons	The situation	question	Under the CRC, a child is a person under...	Under the CRC, a child is a person under	{15,16,18}	{3}
1	m1q2	10	m1	2	lessons	The situation	question	Sami, 8, travels with his aunt, without his parents. He is...	Sami, 8, travels with his aunt, without 	{unaccompanied,separated,"safe, no check needed"}	{2}
1	m1q3	11	m1	2	lessons	The situation	question	How many forcibly displaced people are children?	How many forcibly displaced people are c	{"About 4 in 10","About 2 in 10","About 1 in 10"}	{1}
1	m1l1	3	m1	2	lessons	The situation	lesson	Children first	A child is a person under 18. Children o	\N	\N
1	m1q4	12	m1	2	lessons	The situation	question	A child alone asks you for help. What comes first?	A child alone asks you for help. What co	{Papers,"Safety and listening","A call to the migration office"}	{2}
1	m1l4	6	m1	2	lessons	The situation	lesson	Why families separate	Children leave for mixed reasons: war, v	\N	\N
1	m1l5	7	m1	2	lessons	The situation	lesson	Dangers on the way	Dangers: violence, trafficking, sexual e	\N	\N
1	m1l2	4	m1	2	lessons	The situation	lesson	Two key words	Unaccompanied: away from both parents an	\N	\N
1	m1l6	8	m1	2	lessons	The situation	lesson	Needs and strengths	A child on the move can lose care, schoo	\N	\N
1	m2l5	18	m2	3	lessons	International standards	lesson	Which country protects	The 1996 Hague Convention says which cou	\N	\N
1	m2l2	15	m2	3	lessons	International standards	lesson	Best interests	In all actions about a child, the best i	\N	\N
1	m2l3	16	m2	3	lessons	International standards	lesson	The right to care	A child without family care has a right 	\N	\N
1	m2l4	17	m2	3	lessons	International standards	lesson	No return to danger	The 1951 Refugee Convention (art. 33) fo	\N	\N
1	m2l6	19	m2	3	lessons	International standards	lesson	Newer tools	2017: two UN committees wrote joint comm	\N	\N
1	m2q1	20	m2	3	lessons	International standards	question	Which is a general principle of the CRC?	Which is a general principle of the CRC?	{"The right to be heard","The right to vote","The right to a visa"}	{1}
1	m2q2	21	m2	3	lessons	International standards	question	In migration decisions, best interests are...	In migration decisions, best interests a	{"only a wish of the family","used only for citizens","a primary consideration"}	{3}
1	m2q3	22	m2	3	lessons	International standards	question	The two questions of the UN Guidelines:	The two questions of the UN Guidelines:	{"Necessary? Suitable?","Affordable? Available?","Legal? Near?"}	{1}
1	m2q4	23	m2	3	lessons	International standards	question	A displaced child is now in country B. Under the Hague Convention, who can protect the child?	A displaced child is now in country B. U	{"Only the home country","Country B",Nobody}	{2}
1	m2s	13	m2	3	lessons	International standards	story	At the first border	At the first border the neighbours take 	\N	\N
1	m2l1	14	m2	3	lessons	International standards	lesson	Four principles	The CRC has 4 general principles: no dis	\N	\N
1	m3q3	33	m3	4	lessons	Gaps in the frameworks	question	When do you ask for a guardian for a child alone?	When do you ask for a guardian for a chi	{"At once","After the asylum decision","When the child is 16"}	{1}
1	m3l5	29	m3	4	lessons	Gaps in the frameworks	lesson	Care that does not fit	Common gaps: large institutions, centres	\N	\N
1	m3q4	34	m3	4	lessons	Gaps in the frameworks	question	A mother is very poor. Is poverty alone a reason to place her child in care?	A mother is very poor. Is poverty alone 	{"Yes, always","No, support the family","Yes, if the mother agrees to it"}	{2}
1	m3s	24	m3	4	lessons	Gaps in the frameworks	story	In the locked hall	Lina and Sami are in a locked hall with 	\N	\N
1	m3l1	25	m3	4	lessons	Gaps in the frameworks	lesson	Age in doubt	Many young people of 15 to 17 are treated	\N	\N
1	m3l2	26	m3	4	lessons	Gaps in the frameworks	lesson	Detention	Detention harms children. Two UN committee	\N	\N
1	m3l3	27	m3	4	lessons	Gaps in the frameworks	lesson	No guardian	Without a guardian no one stands up for 	\N	\N
1	m3l4	28	m3	4	lessons	Gaps in the frameworks	lesson	Two systems	Migration offices and child services oft	\N	\N
1	m3l6	30	m3	4	lessons	Gaps in the frameworks	lesson	Unsafe return	Do not return a child unless it is safe,	\N	\N
1	m3q1	31	m3	4	lessons	Gaps in the frameworks	question	You doubt that a boy is 16. During the age check you...	You doubt that a boy is 16. During the a	{"treat him as an adult","treat him as a child","give no help yet"}	{2}
1	m3q2	32	m3	4	lessons	Gaps in the frameworks	question	Detention for migration status is in the best interests of a child...	Detention for migration status is in the	{"if it is short","if parents are there",never}	{3}
1	m4q2	43	m4	5	lessons	Appropriate care	question	When should temporary care be reviewed?	When should temporary care be reviewed?	{"Only at 18","Once a year","Every 3 months if possible"}	{3}
1	m4q4	45	m4	5	lessons	Appropriate care	question	Before you contact the family of a child, you...	Before you contact the family of a child	{"tell the embassy of the country","wait until papers arrive","ask the child and check safety"}	{3}
1	m4s	35	m4	5	lessons	Appropriate care	story	Rosa, the guardian	A guardian, Rosa, meets them. She asks w	\N	\N
1	m4l2	37	m4	5	lessons	Appropriate care	lesson	The range of care	Choose care for this child, not the bed 	\N	\N
1	m4l3	38	m4	5	lessons	Appropriate care	lesson	Decide step by step	Good decisions: check fast and carefully	\N	\N
1	m4l1	36	m4	5	lessons	Appropriate care	lesson	Keep families together	First, keep families together. Give help	\N	\N
1	m4l4	39	m4	5	lessons	Appropriate care	lesson	Family tracing	Start tracing early, when it is safe. As	\N	\N
1	m4l5	40	m4	5	lessons	Appropriate care	lesson	Support the carers	Carers need selection, training, money a	\N	\N
1	m4l6	41	m4	5	lessons	Appropriate care	lesson	Emergencies and turning 18	In emergencies: care in the community of	\N	\N
1	m4q1	42	m4	5	lessons	Appropriate care	question	Two brothers arrive. Two foster homes have 1 bed each. You...	Two brothers arrive. Two foster homes ha	{"split them for speed","look for a place for both","use a large centre"}	{2}
1	m4q3	44	m4	5	lessons	Appropriate care	question	Best care for a child of 2 without parents?	Best care for a child of 2 without paren	{"Family-based care","A large home with nurses","A boarding school"}	{1}
1	m5l2	48	m5	6	lessons	Oversight and complaints	lesson	Inspections	Inspectors make planned and surprise vis	\N	\N
1	m5l1	47	m5	6	lessons	Oversight and complaints	lesson	The State stays responsible	Every care provider must be registered a	\N	\N
1	m5l3	49	m5	6	lessons	Oversight and complaints	lesson	A person of trust	Each child in care needs a person of tru	\N	\N
1	m5l4	50	m5	6	lessons	Oversight and complaints	lesson	Safe complaints	Children need a known, fair and safe way	\N	\N
1	m5l5	51	m5	6	lessons	Oversight and complaints	lesson	Independent eyes	An ombudsperson or human rights institut	\N	\N
1	m5l6	52	m5	6	lessons	Oversight and complaints	lesson	If a child tells you of harm	Stay calm, listen, thank the child. Do n	\N	\N
1	m5q1	53	m5	6	lessons	Oversight and complaints	question	Who must make sure that all care places are safe?	Who must make sure that all care places 	{"The State","The donors","Each NGO alone"}	{1}
1	m5q2	54	m5	6	lessons	Oversight and complaints	question	A good inspection is...	A good inspection is...	{"announced early, so that all is clean and ready","a report by the director","planned or a surprise, with private talks"}	{3}
1	m5q3	55	m5	6	lessons	Oversight and complaints	question	A girl says: promise to tell nobody. You say:	A girl says: promise to tell nobody. You	{"I promise you, nobody will ever know it","Yes, but not if someone is in danger","Then do not tell me"}	{2}
1	m5q4	56	m5	6	lessons	Oversight and complaints	question	A child says a guard hit her. You...	A child says a guard hit her. You...	{"ask her for all the details and write them","report it today to the focal point","question the guard"}	{2}
1	m6l1	58	m6	7	lessons	Building bridges	lesson	Who does what	Many people meet the child: border guard	\N	\N
1	m6l4	61	m6	7	lessons	Building bridges	lesson	School and health	School and health care are rights of eve	\N	\N
1	m6l5	62	m6	7	lessons	Building bridges	lesson	Guardian, lawyer, interpreter	Three jobs. The guardian speaks for the 	\N	\N
1	m6l6	63	m6	7	lessons	Building bridges	lesson	Two languages, one aim	Humanitarian workers use the CPMS, care 	\N	\N
1	m6q1	64	m6	7	lessons	Building bridges	question	Who may see the file of a child?	Who may see the file of a child?	{"All partners","People who need it, after consent","Anyone with a badge"}	{2}
1	m6q2	65	m6	7	lessons	Building bridges	question	A school asks for a residence permit. You say:	A school asks for a residence permit. Yo	{"School is a right without it","Wait until the permit arrives","Try another town"}	{1}
1	m6q3	66	m6	7	lessons	Building bridges	question	Who speaks for the best interests of the child in decisions?	Who speaks for the best interests of the	{"The interpreter","The police","The guardian"}	{3}
1	m6q4	67	m6	7	lessons	Building bridges	question	A child will move to her aunt abroad. When do you contact that country?	A child will move to her aunt abroad. Wh	{"After arrival","Before the move","Only if they call you"}	{2}
1	m6l3	60	m6	7	lessons	Building bridges	lesson	Across borders	Protection does not stop at the border. 	\N	\N
1	m6l2	59	m6	7	lessons	Building bridges	lesson	One child, one plan	One case worker, one plan. Steps: identi	\N	\N
1	m6s	57	m6	7	lessons	Building bridges	story	Aunt Hana is found	The Red Cross finds aunt Hana. Social se	\N	\N
1	m7q1	74	m7	8	lessons	Promising practices	question	What does the West Africa Network show?	What does the West Africa Network show?	{"Countries can share one method","Strong borders protect children best","Only the police can help"}	{1}
1	m7q3	76	m7	8	lessons	Promising practices	question	The 2020 reform in Mexico moved the care of children to...	The 2020 reform in Mexico moved the care	{"the army","private hotels","the child and family service"}	{3}
1	m7q4	77	m7	8	lessons	Promising practices	question	Before you copy a practice, first ask:	Before you copy a practice, first ask:	{"Is it cheap?","Is it good for the child?","Is it new?"}	{2}
1	m7s	68	m7	8	lessons	Promising practices	story	The best moment	Lina and Sami live with aunt Hana. Schoo	\N	\N
1	m7l1	69	m7	8	lessons	Promising practices	lesson	West Africa: one method	16 countries in West Africa share one me	\N	\N
1	m7l2	70	m7	8	lessons	Promising practices	lesson	Italy: volunteer guardians	Since a law of 2017, youth courts in Ita	\N	\N
1	m7l3	71	m7	8	lessons	Promising practices	lesson	Mexico: out of detention	In 2020 Mexico changed its law: no child	\N	\N
1	m7l4	72	m7	8	lessons	Promising practices	lesson	Netherlands: a guardian body	In the Netherlands in 2015 one independe	\N	\N
1	m7l5	73	m7	8	lessons	Promising practices	lesson	How to judge a practice	Before you copy a practice ask: is it in	\N	\N
1	m7q2	75	m7	8	lessons	Promising practices	question	Volunteer guardians in Italy are...	Volunteer guardians in Italy are...	{"always relatives","selected and trained","paid officials of the State"}	{2}
1	p2	79	test	9	test	Short test	question	In an asylum case of a child, best interests are...	In an asylum case of a child, best inter	{"less important than border rules","a primary consideration","not needed"}	{2}
1	p3	80	test	9	test	Short test	question	A family with children waits for a migration decision. Best option?	A family with children waits for a migra	{"Detention of the whole family","Parents in detention","Life in the community"}	{3}
1	p5	82	test	9	test	Short test	question	A boy in a shelter wants to complain about staff. He needs...	A boy in a shelter wants to complain abo	{"a form signed by staff","a safe way outside the shelter","a lawyer first"}	{2}
1	p6	83	test	9	test	Short test	question	A nurse sees that a child has no papers. She...	A nurse sees that a child has no papers.	{"calls migration police","refuses care","treats the child and shares no data"}	{3}
1	p7	84	test	9	test	Short test	question	A project abroad works well. Before you copy it you...	A project abroad works well. Before you 	{"check if it fits children here","copy it exactly as it is there","find a donor"}	{1}
1	p4	81	test	9	test	Short test	question	A child cannot live with the parents. What do you check first?	A child cannot live with the parents. Wh	{"Relatives, if safe","A centre with free beds",Adoption}	{1}
1	p1	78	test	9	test	Short test	question	A girl of 17 is alone in a new country. Is she a child under the CRC?	A girl of 17 is alone in a new country. 	{Yes,No,"Only with papers"}	{1}
1	y3	87	survey	10	survey	Survey	question	Was it useful for your work? 1 not at all ... 5 very useful	Was it useful for your work? 1 not at al	\N	\N
1	y1	85	survey	10	survey	Survey	question	How good was the course? 1 very bad ... 5 very good	How good was the course? 1 very bad ... 	\N	\N
1	y2	86	survey	10	survey	Survey	question	Would you advise a colleague to take it? 0 no ... 10 yes	Would you advise a colleague to take it?	\N	\N
1	y5	89	survey	10	survey	Survey	question	And BEFORE the course? 1 not sure ... 5 very sure	And BEFORE the course? 1 not sure ... 5 	\N	\N
1	y6	90	survey	10	survey	Survey	question	What will you do first?	What will you do first?	{"listen to the child","ask for a guardian","find family care","safe complaints","talk to other services","nothing new"}	\N
1	y7	91	survey	10	survey	Survey	question	Biggest problem?	Biggest problem?	{cost,time,network,language,"too hard",none}	\N
1	y8	92	survey	10	survey	Survey	question	Do not write names or facts about a child. What should we change in the course?	Do not write names or facts about a chil	\N	\N
1	y4	88	survey	10	survey	Survey	question	How sure are you NOW that you can help a child alone? 1 not sure ... 5 very sure	How sure are you NOW that you can help a	\N	\N
1	w1	93	followup	11	followup	Weeks later	question	Did you use the course at work?	Did you use the course at work?	{yes,"not yet","no chance"}	\N
1	w3	95	followup	11	followup	Weeks later	question	Why?	Why?	{rules,boss,"no service to refer to",forgot,other}	\N
1	w2	94	followup	11	followup	Weeks later	question	What did you do?	What did you do?	{"listen to the child","ask for a guardian","find family care","safe complaints","talk to other services","nothing new"}	\N
\.
COPY core.unknown_input (learner_id, seq, n, org_id, at, unit, lang, channel, text) FROM stdin;
2237a0ba-08d7-4a65-95ab-af68f64e75af	88	0	1	2026-11-28 13:45:23.143+00	\N	\N	kannel	2
4139238a-cb4d-4908-ad11-dc62f93269e6	4	0	1	2026-11-28 13:45:23.496+00	\N	\N	kannel	what is this thing
ed5723d3-9a75-4216-88e4-758745f3f49b	1	1	1	2026-11-28 13:45:24.151+00	\N	\N	kannel	hello
\.
COPY core.vault (number_id, nonce, ciphertext, key_id, sealed_at) FROM stdin;
\\x114690d13b394becc14cec2fc28b87b4	\\x3878246f5ff56981fd0b8ad5	\\xbeeb64c5aa04e689e4b4f5deb2c65262f5423c8cfbb9fd196b6b6469f1	1	2026-11-28 13:45:23.081+00
\\x364e298708a9b588af93ef4d9738ebda	\\xa4d533589924627c15618709	\\x3a0b7eb916ba5879d2d2f92108767bbd34b56ffdd3164e55a57e53867e	1	2026-11-28 13:45:23.283+00
\\x16771c3a891162a4a9dfa21b7ffedd29	\\xc8a92c96b0d30d2bd18e9216	\\x825dc53ea8bd2b45011aefeed17934e2f8b07e6e0c9d5ebec0bb011fbb	1	2026-11-28 13:45:23.494+00
\\xe80597e93e9e7bee012641b516eddbf4	\\xfcfc6538313366d6a506317b	\\xe844195261070616f579925675828f1279912a33a8d29920ef8c4fd292	1	2026-11-28 13:45:23.624+00
\\x1a2e40b6d4f419cc772ddbdb33cba371	\\x4bd17e1ab612562c4ad0387a	\\x49143d40b39bdbdb45d0f77323dabd4c2549c90408ccd888665c6469e5	1	2026-11-28 13:45:23.9+00
\\x1e941e17bc3b1807440dbf82c48ed2b9	\\x0c30d5744abfd523ab367a35	\\x4b67783e8fa1e11f274dbbbebe7f8549a4309e23d3b138bcc400e58887	1	2026-11-28 13:45:24.024+00
\.
COPY ops.dead_letter (id, at, learner_id, reason, payload) FROM stdin;
1	2026-11-28 13:45:25.329598+00	\N	no such type	\\x7b2274797065223a22706f656d227d
\.
COPY ops.schema_migration (version, name, sha256, applied_at) FROM stdin;
1	0001_core	1b81258547a697c3348c0232fa828512d59cd0c7bcfad3470f8af0bba1c947e5	2026-11-28 13:45:22.571984+00
2	0002_ingest	b3968f4cb20bd4ec52896b2446ba20bd3467800165e17f55026c4a77afe9d3c3	2026-11-28 13:45:22.605261+00
3	0003_report	79d5e4eb0eef7c3de9600628a998b3e0634a0dca9963d69590437e053e644f9c	2026-11-28 13:45:22.608714+00
4	0004_ops	2e28dd36c465e43544a9b471706f7ec48e9c7cfbbfe9ddc6ebdcbbc2223d3775	2026-11-28 13:45:22.617614+00
5	0005_sending	e851b7cc6c4fa086702598504fe3b516acf56aa1e45892f797ad5d64f39dc632	2026-11-28 13:45:22.619487+00
\.
SELECT pg_catalog.setval('core.course_version_course_id_seq', 1, true);
SELECT pg_catalog.setval('core.organisation_org_id_seq', 2, true);
SELECT pg_catalog.setval('ops.dead_letter_id_seq', 1, true);
