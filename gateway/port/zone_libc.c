/* zone.h: time zones as the C library reads them from tzdata. */
#include "port/zone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"

#define FOLDER "/usr/share/zoneinfo/"
#define FIRST_S INT64_C(1577836800) /* 2020 */
#define LAST_S INT64_C(2840140800)  /* 2060 */
#define STEP_S (5 * 24 * 3600)      /* shorter than any summer time */
#define NAME_BYTES 64

static int32_t offset_min(int64_t at_s)
{
    time_t at = (time_t)at_s;
    struct tm tm;
    return localtime_r(&at, &tm) != NULL ? (int32_t)(tm.tm_gmtoff / 60) : 0;
}

/* The first second of another offset than at low; high has one. */
static int64_t find_change(int64_t low, int64_t high)
{
    int32_t before = offset_min(low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_min(middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static struct zone read_zone(void)
{
    struct zone zone = zone_fixed(offset_min(FIRST_S));
    int64_t at = FIRST_S;
    while (at < LAST_S && zone.n < ZONE_MAX_CHANGES) {
        bool has_changed = offset_min(at + STEP_S) != offset_min(at);
        if (has_changed) {
            int64_t change = find_change(at, at + STEP_S);
            zone.changes[zone.n++] = (struct zone_change){change * 1000, offset_min(change)};
        }
        at += STEP_S;
    }
    return zone;
}

static bool is_known(const char *name)
{
    char path[sizeof(FOLDER) + NAME_BYTES];
    bool is_name = name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL;
    (void)snprintf(path, sizeof(path), FOLDER "%s", name); /* name is shorter than its room */
    return is_name && access(path, R_OK) == 0;
}

static void set_tz(const char *name)
{
    if (setenv("TZ", name, 1) != 0)
        abort(); /* no memory: the nights of another place would be kept */
    tzset();
}

/* tzset does not tell when it had no memory for the file. It takes the name for a rule then, and
 * "Africa" out of it for what the time is called there. */
static void must_be_read(const char *name)
{
    size_t n = strcspn(name, "/");
    if (name[n] == '/' && strlen(tzname[0]) == n && strncmp(tzname[0], name, n) == 0)
        abort();
}

enum err zone_load(struct str name, struct zone *ret)
{
    char words[NAME_BYTES];
    if (str_copy(name, words, sizeof(words)) != ERR_OK ||
        (strcmp(words, "UTC") != 0 && !is_known(words)))
        return ERR_NOT_FOUND;
    const char *before = getenv("TZ");
    char *kept = before != NULL ? xstrdup(before) : NULL;
    set_tz(words);
    must_be_read(words);
    *ret = read_zone();
    if (kept != NULL) {
        set_tz(kept);
    } else {
        (void)unsetenv("TZ"); /* the name is a good one */
        tzset();
    }
    free(kept);
    return ERR_OK;
}

/* "KE\t-0117+03649\tAfrica/Nairobi" */
enum err zone_load_country(struct str code, struct zone *ret)
{
    FILE *file = fopen(FOLDER "zone.tab", "re");
    char line[256], name[NAME_BYTES] = "";
    while (file != NULL && name[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
        if (str_starts(str_from(line), code) && line[code.len] == '\t' &&
            sscanf(line, "%*s %*s %63s", name) != 1)
            name[0] = '\0';
    }
    if (file != NULL)
        (void)fclose(file); /* read only */
    return name[0] != '\0' ? zone_load(str_from(name), ret) : ERR_NOT_FOUND;
}
