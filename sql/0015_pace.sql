-- What is sent without being asked for, and what comes again. planned: the answer to "When will you learn?" (choice 1
-- to 3, 0 skipped). agreed: a consent beside that to the course (text = purpose). reminded and reminder_withheld are
-- the two arms of docs/course-rules.md 3.2 R1: value = quiet days (2, 5, 12), at = when it went or would have gone.
-- Answers of phase recall count as learning and in no score.

set local role waypost_owner;

alter type core.event_kind add value if not exists 'agreed' after 'consented';
alter type core.event_kind add value 'planned' before 'unknown_input';
alter type core.event_kind add value 'paused' before 'unknown_input';
alter type core.event_kind add value 'reminded' before 'unknown_input';
alter type core.event_kind add value 'reminder_withheld' before 'unknown_input';
alter type core.phase add value 'recall';
