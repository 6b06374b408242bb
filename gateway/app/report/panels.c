/*
 * Every panel of the coordinators' pages. Longer than a file should be: one table in the order of
 * the pages; of parts one would have to know first in which of them a report stands.
 */
#include "app/report/panels.h"

#define INTERVAL "95 % interval"
#define IS(column, words)                                                                          \
    {                                                                                              \
        .name = (column), .heading = (words)                                                       \
    }
#define PLOT(column, words)                                                                        \
    {                                                                                              \
        .name = (column), .heading = (words), .is_plotted = true                                   \
    }
#define BETWEEN(low, high)                                                                         \
    {                                                                                              \
        .heading = INTERVAL, .add = report_add_between, .first = (low), .second = (high)           \
    }
#define WILSON(share, part, all)                                                                   \
    {                                                                                              \
        .heading = INTERVAL, .add = report_add_wilson, .first = (part), .second = (all),           \
        .rate = (share)                                                                            \
    }
#define AROUND(middle, more)                                                                       \
    {                                                                                              \
        .heading = INTERVAL, .add = report_add_around, .first = (middle), .second = (more)         \
    }
/* What a row is about, in front of its figures; shown where rows differ in it. */
#define ABOUT IS("organisation", "Organisation"), IS("course", "Course")
#define OVER IS("is_over", "Period is over")
#define COLUMNS(list) .columns = (list), .n_columns = ARRAY_LEN(list)

/* ---- overview ---- */

static const struct report_column funnel[] = {
    ABOUT,
    IS("period_start", "From"),
    IS("value", "Group"),
    PLOT("enrolled", "Enrolled"),
    PLOT("started", "Started"),
    IS("percent_started", "Started, % of enrolled"),
    WILSON("percent_started", "started", "enrolled"),
    PLOT("completed", "Completed"),
    IS("percent_of_started", "Completed, % of started"),
    BETWEEN("percent_low", "percent_high"),
    IS("percent_of_enrolled", "Completed, % of enrolled"),
    WILSON("percent_of_enrolled", "completed", "enrolled"),
    PLOT("certified", "Certified"),
    IS("is_mature", "Everybody has had 70 days"),
};
static const struct report_column standing[] = {
    ABOUT,
    IS("value", "Group"),
    IS("standing", "Where they stand"),
    PLOT("learners", "People"),
};
static const struct report_column contacts[] = {
    ABOUT,
    IS("period_start", "From"),
    IS("value", "Group"),
    IS("contacts", "Wrote or dialled"),
    IS("asked", "Asked for consent"),
    IS("opted_in", "Joined in 7 days"),
    IS("percent_opted_in", "Joined, % of asked"),
    BETWEEN("percent_low", "percent_high"),
};
static const struct report_column numbers[] = {
    ABOUT,
    IS("numbers", "Phone numbers"),
    IS("asked", "Asked for consent"),
    IS("opted_in", "Joined in 7 days"),
    IS("percent_opted_in", "Joined, % of asked"),
    BETWEEN("percent_low", "percent_high"),
    IS("kept", "Not erased"),
    IS("shared", "With two people and more"),
    IS("percent_shared", "Shared, % of these"),
};
static const struct report_column equity[] = {
    ABOUT,
    IS("lowest_value", "Lowest group"),
    IS("lowest", "Its completion, %"),
    IS("highest_value", "Highest group"),
    IS("highest", "Its completion, %"),
    IS("ratio", "Lowest / highest"),
};
static const struct report_panel overview[] = {
    {.report = "funnel",
     .id = "steps",
     .title = "From joining to certificate",
     .words = "How many people took each step, in the whole time.",
     .takes = REPORT_BY,
     .chart = "steps",
     .unit = "people",
     COLUMNS(funnel)},
    {.report = "standing",
     .id = "standing",
     .title = "Where people stand now",
     .words =
         "Of all who started: active in the last 14 days, quiet for 14 days (dormant), quiet for "
         "60 days (lost), stopped, or done.",
     .takes = REPORT_BY,
     .chart = "bars",
     .unit = "people",
     COLUMNS(standing)},
    {.report = "contact_counts",
     .id = "contacts",
     .title = "Who wrote, and who joined",
     .words = "Everybody who ever wrote or dialled, and how many of those who were asked joined.",
     .takes = REPORT_BY,
     COLUMNS(contacts)},
    {.report = "numbers",
     .id = "numbers",
     .title = "The same by phone number",
     .words = "Several people may learn on one phone. Who was erased counts as one number.",
     COLUMNS(numbers)},
    {.report = "equity",
     .id = "equity",
     .title = "Who is left behind?",
     .words = "The groups with the lowest and the highest completion, of 30 people and more.",
     .takes = REPORT_BY,
     .by_instead = "language",
     COLUMNS(equity)},
};

/* ---- people over time ---- */

static const struct report_column joined[] = {
    IS("period_start", "From"),
    ABOUT,
    IS("value", "Group"),
    PLOT("enrolled", "Enrolled"),
    PLOT("started", "Started"),
    PLOT("completed", "Completed"),
    IS("percent_started", "Started, % of enrolled"),
    WILSON("percent_started", "started", "enrolled"),
    IS("percent_of_started", "Completed, % of started"),
    BETWEEN("percent_low", "percent_high"),
    IS("is_mature", "Everybody has had 70 days"),
    OVER,
};
static const struct report_column activity[] = {
    IS("period_start", "From"),
    ABOUT,
    IS("value", "Group"),
    PLOT("active", "Active"),
    PLOT("ever_active", "Ever active so far"),
    IS("sms_only", "By SMS only"),
    IS("ussd_only", "By USSD only"),
    IS("mixed", "By both"),
    IS("mean_daily", "Active on a mean day"),
    OVER,
};
static const struct report_panel people[] = {
    {.report = "funnel",
     .id = "joined",
     .title = "Who joined, and what became of them",
     .words = "By the day of consent: what people who joined then have done up to now. Late groups "
              "still have time to complete; their rates come when everybody has had 70 days.",
     .takes = REPORT_GRAIN | REPORT_BY | REPORT_DAYS,
     .chart = "time",
     .unit = "people",
     COLUMNS(joined)},
    {.report = "activity",
     .id = "activity",
     .title = "Who learned when",
     .words =
         "People who read on in a lesson or answered a question in the period. Help, menus and "
         "reminders do not count.",
     .takes = REPORT_GRAIN | REPORT_BY | REPORT_DAYS,
     .chart = "time",
     .unit = "people",
     COLUMNS(activity)},
};

/* ---- where people leave ---- */

static const struct report_column hazard[] = {
    IS("unit", "Unit"),
    ABOUT,
    IS("value", "Group"),
    IS("unit_title", "Title"),
    PLOT("reached", "Reached"),
    PLOT("left_here", "Left here"),
    IS("percent_left", "Left, % of reached"),
    WILSON("percent_left", "left_here", "reached"),
};
static const struct report_column modules[] = {
    IS("module", "Module"),
    ABOUT,
    IS("value", "Group"),
    IS("module_title", "Title"),
    PLOT("reached", "Reached"),
    PLOT("completed", "Completed"),
    PLOT("passed", "Passed"),
    IS("percent_completed", "Completed, % of reached"),
    BETWEEN("percent_low", "percent_high"),
};
static const struct report_column rates[] = {
    IS("module", "Module"),
    ABOUT,
    IS("value", "Group"),
    IS("module_title", "Title"),
    IS("started", "Started the course"),
    IS("reached", "Reached"),
    IS("completed", "Completed"),
    IS("percent_of_reached", "Completed, % of reached"),
    BETWEEN("reached_low", "reached_high"),
    IS("percent_of_started", "Completed, % of started"),
    BETWEEN("started_low", "started_high"),
};
static const struct report_column opt_outs[] = {
    ABOUT,
    IS("value", "Group"),
    IS("stopped", "Sent STOP"),
    IS("delivered", "SMS delivered"),
    IS("per_1000_delivered", "For 1,000 delivered"),
    IS("over_90_days", "90 days ago and more"),
    IS("came_back", "Of them: came back in 90 days"),
    IS("percent_came_back", "Came back, %"),
    BETWEEN("percent_low", "percent_high"),
};
static const struct report_column days[] = {
    ABOUT,
    IS("value", "Group"),
    IS("completed", "Completed"),
    IS("median_days", "Median days"),
    IS("p25_days", "A quarter is faster than"),
    IS("p75_days", "A quarter is slower than"),
    IS("started", "Started"),
    IS("kaplan_meier_median_days", "Median with those still at it"),
};
static const struct report_column leaving[] = {
    ABOUT,
    IS("value", "Group"),
    IS("enrolled", "Enrolled"),
    IS("stopped", "Sent STOP or DELETE"),
    IS("percent_stopped", "% of enrolled"),
    WILSON("percent_stopped", "stopped", "enrolled"),
};
static const struct report_panel leave[] = {
    {.report = "hazard",
     .id = "five",
     .title = "Five places to look at first",
     .words = "Where the largest share of those who came so far went no further, of places that 30 "
              "people and more reached.",
     .takes = REPORT_BY,
     .top = "percent_left",
     .only = "is_enough",
     COLUMNS(hazard)},
    {.report = "hazard",
     .id = "units",
     .title = "Unit by unit, in the order of the course",
     .words =
         "How many people reached each unit, and for how many it was the last one: they stopped, "
         "or have been quiet for 14 days.",
     .takes = REPORT_BY,
     .chart = "bars",
     .unit = "people",
     COLUMNS(hazard)},
    {.report = "modules",
     .id = "modules",
     .title = "Module by module",
     .words = "Passed: 60 % and more right at the first attempt.",
     .takes = REPORT_BY,
     .chart = "bars",
     .unit = "people",
     COLUMNS(modules)},
    {.report = "module_rates",
     .id = "rates",
     .title = "Modules, of those who had time",
     .words = "Only people who enrolled 70 days ago or more: who began the module, and of all who "
              "began the course, how many completed it.",
     .takes = REPORT_BY,
     COLUMNS(rates)},
    {.report = "time_to_complete",
     .id = "days",
     .title = "How long the course takes",
     .words =
         "Days from the first lesson to completion. The median of those who are through is too "
         "short, since slow people are not through yet; the last column counts them, too.",
     .takes = REPORT_BY,
     COLUMNS(days)},
    {.report = "leaving",
     .id = "leaving",
     .title = "Who stopped",
     .words = "Who sent STOP or DELETE and has not come back.",
     .takes = REPORT_BY,
     COLUMNS(leaving)},
    {.report = "opt_outs",
     .id = "stop",
     .title = "After which message people stop",
     .words = "Who ever sent STOP, each once, by what the last SMS in the 24 hours before was for "
              "(none: there was none), or by the property chosen above; beside what was delivered.",
     .takes = REPORT_BY,
     .by_instead = "last_message",
     COLUMNS(opt_outs)},
};

/* ---- questions ---- */

static const struct report_column items[] = {
    IS("unit", "Question"),
    ABOUT,
    IS("value", "Group"),
    IS("question", "Text"),
    IS("answered", "First answers"),
    IS("n_right", "Right"),
    PLOT("p", "Share right"),
    BETWEEN("p_low", "p_high"),
    IS("is_enough", "Enough answers (30)"),
    IS("discrimination", "Discrimination"),
    IS("difference_to_all", "Difference to all"),
    IS("flag", "Look at it"),
};
static const struct report_column distractors[] = {
    IS("unit", "Question"),
    ABOUT,
    IS("value", "Group"),
    IS("choice", "Option"),
    IS("n", "Chosen"),
    IS("percent", "% of first answers"),
    IS("percent_of_best", "% of the best 27 %"),
    IS("is_right", "Is right"),
    IS("flag", "Look at it"),
};
static const struct report_panel questions[] = {
    {.report = "items",
     .id = "items",
     .title = "How hard the questions are",
     .words =
         "Share of right first answers of people who learn alone. Under 0.30 is hard, over 0.95 "
         "easy. Discrimination under 0.15: the question tells little of what people know.",
     .takes = REPORT_BY,
     .chart = "bars",
     .unit = "share right",
     COLUMNS(items)},
    {.report = "distractors",
     .id = "options",
     .title = "Which options are chosen",
     .words =
         "A wrong option that nearly nobody chooses is dead; one that the best choose more often "
         "than the right one points at a wrong key.",
     .takes = REPORT_BY,
     COLUMNS(distractors)},
};

/* ---- what people learn ---- */

static const struct report_column gain[] = {
    ABOUT,
    IS("version", "Version"),
    IS("value", "Group"),
    IS("n", "People with both tests"),
    IS("questions", "Questions"),
    PLOT("pre_mean", "Mean before"),
    PLOT("post_mean", "Mean after"),
    IS("gain", "Gain in points"),
    AROUND("gain", "gain_plus_minus"),
    IS("effect_size", "Effect size d"),
    IS("percent_higher", "Higher, %"),
    IS("percent_same", "Same, %"),
    IS("percent_lower", "Lower, %"),
    IS("n_without_post", "People with the first test only"),
    IS("pre_mean_without_post", "Their mean before"),
};
static const struct report_column scores[] = {
    IS("band", "Right at the first attempt, %"),
    ABOUT,
    IS("value", "Group"),
    PLOT("learners", "People"),
    IS("percent", "% of people"),
};
static const struct report_column retention[] = {
    ABOUT,
    IS("value", "Group"),
    IS("n", "People"),
    IS("post_percent", "Right in the post-test, %"),
    IS("recall_percent", "Right a month later, %"),
    IS("change", "Change, points"),
    AROUND("change", "change_plus_minus"),
};
static const struct report_panel learned[] = {
    {.report = "gain",
     .id = "gain",
     .title = "Before and after",
     .words =
         "People who answered every question of both tests, at the first try. Without a group "
         "that took no course this is no proof of its effect. Compare the last column: if it is "
         "much lower than the mean before, the course lost those who needed it most.",
     .takes = REPORT_BY,
     .chart = "steps",
     .unit = "points",
     COLUMNS(gain)},
    {.report = "scores",
     .id = "scores",
     .title = "How much people have right",
     .words = "People by the share of quiz questions that they had right at the first attempt.",
     .takes = REPORT_BY,
     .chart = "bars",
     .unit = "people",
     COLUMNS(scores)},
    {.report = "retention",
     .id = "retention",
     .title = "What stays",
     .words = "People who answered questions again 25 to 40 days after the course.",
     .takes = REPORT_BY,
     COLUMNS(retention)},
};

/* ---- survey ---- */

static const struct report_column survey[] = {
    ABOUT,
    IS("value", "Group"),
    IS("invited", "Invited"),
    PLOT("answered", "Answered"),
    IS("percent_answered", "Answered, % of invited"),
    WILSON("percent_answered", "answered", "invited"),
    IS("complete", "Answered all"),
    IS("csat", "Content (4 or 5 of 5), %"),
    IS("mean_good", "Mean of that"),
    IS("recommendation", "Recommendation score"),
    IS("mean_useful", "Useful, mean of 5"),
    IS("mean_sure_before", "Sure before, mean"),
    IS("mean_sure_now", "Sure now, mean"),
    IS("mean_sure_gain", "Difference"),
};
static const struct report_column at_work[] = {
    ABOUT,
    IS("value", "Group"),
    IS("asked", "Asked"),
    IS("answered", "Answered"),
    IS("used", "Used it"),
    IS("percent_of_asked", "Used it, % of asked"),
    WILSON("percent_of_asked", "used", "asked"),
    IS("percent_of_answered", "% of who answered"),
    WILSON("percent_of_answered", "used", "answered"),
};
static const struct report_column at_work_answers[] = {
    IS("question_text", "Question"),
    ABOUT,
    IS("value", "Group"),
    IS("answer", "Answer"),
    IS("n", "People"),
    IS("answered", "Answered it"),
    IS("percent", "% of these"),
    WILSON("percent", "n", "answered"),
};
static const struct report_panel says[] = {
    {.report = "survey",
     .id = "survey",
     .title = "What people say of the course",
     .words = "Read it beside how many answered: who was not content often does not answer.",
     .takes = REPORT_BY,
     COLUMNS(survey)},
    {.report = "at_work",
     .id = "work",
     .title = "Used at work",
     .words = "Asked 8 to 12 weeks after the course. It is what people say of themselves.",
     .takes = REPORT_BY,
     COLUMNS(at_work)},
    {.report = "at_work_answers",
     .id = "deeds",
     .title = "What they did, and what stood in the way",
     .words = "What people did with it, of those who used it; why not, of the others.",
     .takes = REPORT_BY,
     COLUMNS(at_work_answers)},
};

/* ---- messages ---- */

static const struct report_column delivery[] = {
    IS("period_start", "From"),
    ABOUT,
    IS("value", "Channel or group"),
    PLOT("sent", "Sent"),
    PLOT("delivered", "Delivered"),
    PLOT("failed", "Failed"),
    IS("no_report", "Without a report"),
    IS("percent_delivered", "Delivered, % of sent"),
    WILSON("percent_delivered", "delivered", "sent"),
    IS("median_seconds", "Median seconds"),
    IS("segments", "Parts"),
    IS("price", "Cost"),
    IS("currency", "Currency"),
    OVER,
};
static const struct report_column sessions[] = {
    IS("period_start", "From"),
    ABOUT,
    PLOT("opened", "Opened"),
    PLOT("dropped", "Dropped"),
    PLOT("resumed", "Taken up again"),
    IS("percent_resumed", "Taken up, % of dropped"),
    OVER,
};
static const struct report_column lengths[] = {
    IS("period_start", "From"),
    ABOUT,
    PLOT("sessions", "Sessions"),
    PLOT("ended_by_us", "Ended by us"),
    PLOT("dropped", "Broke off"),
    IS("percent_dropped", "Broke off, %"),
    IS("screens_per_session", "Screens in each, mean"),
    IS("median_seconds", "Seconds to a key, median"),
    IS("p99_seconds", "99 of 100 are under"),
    OVER,
};
static const struct report_column failures[] = {
    IS("value", "Operator"),
    ABOUT,
    IS("code", "What the provider says"),
    IS("sent", "Sent there"),
    IS("failed", "Failed so"),
    IS("percent_of_sent", "% of sent"),
    IS("percent_of_failed", "% of failed"),
};
static const struct report_column cost[] = {
    ABOUT,
    IS("completed", "Completed the course"),
    IS("segments", "Parts of SMS in all"),
    IS("segments_per_completed", "For each completion"),
    IS("price", "Cost in all"),
    IS("price_per_completed", "For each completion"),
    IS("currency", "Currency"),
};
static const struct report_column unmatched[] = {
    IS("value", "Language"),
    ABOUT,
    IS("not_understood", "Not understood"),
    IS("learners", "From people"),
    IS("inbound", "All that came"),
    IS("percent_of_inbound", "Not understood, %"),
};
static const struct report_column words[] = {
    IS("words", "What they wrote"),
    ABOUT,
    IS("lang", "Language"),
    IS("learners", "People"),
};
static const struct report_panel messages[] = {
    {.report = "delivery",
     .id = "delivery",
     .title = "SMS: sent, delivered, cost",
     .words = "Messages, not people. Without a report is no success: nobody knows.",
     .takes = REPORT_GRAIN | REPORT_BY | REPORT_DAYS,
     .by_instead = "channel",
     .chart = "time",
     .unit = "messages",
     COLUMNS(delivery)},
    {.report = "failures",
     .id = "failures",
     .title = "Why SMS fail",
     .words = "By operator. What fewer than five people met with is one row, other.",
     COLUMNS(failures)},
    {.report = "cost",
     .id = "cost",
     .title = "What a completed course costs",
     .words = "All that was ever sent, also to those who did not complete it, by completions.",
     COLUMNS(cost)},
    {.report = "sessions",
     .id = "sessions",
     .title = "USSD sessions",
     .words = "A dropped session loses nothing: who dials again goes on.",
     .takes = REPORT_GRAIN | REPORT_DAYS,
     .chart = "time",
     .unit = "sessions",
     COLUMNS(sessions)},
    {.report = "session_lengths",
     .id = "lengths",
     .title = "How USSD sessions end",
     .words = "Where 99 of 100 keys take nearly as long as the operator keeps a session open, "
              "screens are too long to read.",
     .takes = REPORT_GRAIN | REPORT_DAYS,
     COLUMNS(lengths)},
    {.report = "unmatched",
     .id = "share",
     .title = "How much is not understood",
     .words = "In the last 30 days, by language; the aim is under 5 %.",
     COLUMNS(unmatched)},
    {.report = "unmatched_words",
     .id = "unmatched",
     .title = "What was not understood",
     .words = "In the last 30 days, each by 10 people or more.",
     COLUMNS(words)},
};

/* ---- reminders ---- */

static const struct report_column reminders[] = {
    IS("quiet_days", "Quiet days"),
    ABOUT,
    IS("value", "Group"),
    IS("outcome", "What they did in 72 hours"),
    IS("reminded", "Reminded"),
    IS("reminded_did", "Of them: did"),
    IS("percent_reminded", "%"),
    IS("not_reminded", "Not reminded, by lot"),
    IS("not_reminded_did", "Of them: did"),
    IS("percent_not_reminded", "%"),
    IS("effect", "Difference, points"),
    BETWEEN("effect_low", "effect_high"),
};
static const struct report_column load[] = {
    IS("period_start", "From"),
    ABOUT,
    IS("value", "Group"),
    PLOT("reminders", "Reminders"),
    PLOT("reminded", "People reminded"),
    IS("active", "Active people"),
    IS("per_active", "For each active"),
    IS("reminded_three_times", "Got the third one"),
    IS("quiet_since", "Quiet since"),
    IS("percent_quiet", "Quiet, % of them"),
    WILSON("percent_quiet", "quiet_since", "reminded_three_times"),
    OVER,
};
static const struct report_panel remind[] = {
    {.report = "reminders",
     .id = "effect",
     .title = "Do reminders help?",
     .words =
         "One reminder in ten is not sent, by lot. If 0 lies in the interval, no effect is shown.",
     .takes = REPORT_BY,
     COLUMNS(reminders)},
    {.report = "reminder_load",
     .id = "load",
     .title = "How many reminders people get",
     .words = "The third one comes after 12 quiet days and is the last.",
     .takes = REPORT_GRAIN | REPORT_BY | REPORT_DAYS,
     .chart = "time",
     .unit = "reminders and people",
     COLUMNS(load)},
};

#define PAGE(where, words, list)                                                                   \
    {                                                                                              \
        .path = (where), .title = (words), .panels = (list), .n_panels = ARRAY_LEN(list)           \
    }
const struct report_page report_pages_list[] = {
    PAGE("", "Overview", overview),
    PAGE("people", "People over time", people),
    PAGE("leaving", "Where people leave", leave),
    PAGE("questions", "Questions", questions),
    PAGE("learned", "What they learned", learned),
    PAGE("survey", "What they say", says),
    PAGE("messages", "Messages and cost", messages),
    PAGE("reminders", "Reminders", remind),
};
const uint32_t report_n_pages = ARRAY_LEN(report_pages_list);

const struct report_page *report_page_find(struct str path)
{
    for (uint32_t i = 0; i < report_n_pages; i++) {
        if (str_eq(path, str_from(report_pages_list[i].path)))
            return &report_pages_list[i];
    }
    return NULL;
}

const struct report_panel *report_panel_find(struct str id)
{
    for (uint32_t i = 0; i < report_n_pages; i++) {
        for (uint32_t k = 0; k < report_pages_list[i].n_panels; k++) {
            if (str_eq(id, str_from(report_pages_list[i].panels[k].id)))
                return &report_pages_list[i].panels[k];
        }
    }
    return NULL;
}
