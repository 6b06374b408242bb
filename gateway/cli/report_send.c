#include "cli/report_send.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "port/file.h"
#include "port/sender.h"
#include "profile/signature.h"

#define ID_CHARS 36u
#define BATCH_BYTES (8u << 20)
#define SENT_BYTES (1u << 30)
#define TIMEOUT_MS 60000
#define FIRST_WAIT_MS 500
#define MAX_WAIT_MS (60 * 1000)
#define MAX_ASKED_S 300u
#define PROGRESS 1000u

/* One run. A statement lies in text from its `at` on. */
struct run {
    struct report_send *send;
    struct errmsg *msg;
    struct loop *loop;
    struct sender *sender;
    struct timer *timer;
    struct buf url, authorization;
    FILE *sent_file;
    struct buf sent; /* ids that were taken before, sorted, without anything between */
    struct buf text; /* of the statements of a batch */
    struct {
        size_t at, len;
    } batch[REPORT_SEND_BATCH];
    uint32_t n;
    /* the response to the last request */
    enum sender_reached reached;
    int status;
    uint64_t wait_s; /* Retry-After */
    char words[200];
};

/* ---- files ---- */

static enum err read_credentials(struct run *run)
{
    const char *path = run->send->credentials;
    struct buf bytes CLEANUP(buf_fini);
    struct stat st;
    buf_add_str(&run->authorization, STR("Basic "));
    buf_init(&bytes, 1024);
    if (path == NULL)
        return errmsg_set(run->msg, ERR_INVALID,
                          "say whose statements these are: --credentials FILE, with key:secret");
    enum err e = file_read(path, 1024, &bytes, run->msg);
    struct str line = str_trim(buf_str(&bytes));
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_IO : e;
    if (stat(path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return errmsg_set(run->msg, ERR_INVALID, "%s: others can read it; chmod 600", path);
    if (memchr(line.p, ':', line.len) == NULL || memchr(line.p, '\n', line.len) != NULL)
        return errmsg_set(run->msg, ERR_INVALID, "%s: needs one line, key:secret", path);
    base64_encode(line, false, &run->authorization);
    return buf_error(&run->authorization);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, ID_CHARS);
}

static bool is_sent(const struct run *run, const char *id)
{
    return run->sent.len > 0 &&
           bsearch(id, run->sent.p, run->sent.len / ID_CHARS, ID_CHARS, compare_ids) != NULL;
}

/* A last line that was cut by a crash is no id: its statement is sent again. */
static enum err open_sent(struct run *run)
{
    const char *path = run->send->sent;
    char line[ID_CHARS + 2];
    buf_init(&run->sent, SENT_BYTES);
    if (path == NULL)
        return ERR_OK;
    run->sent_file = fopen(path, "a+e");
    if (run->sent_file == NULL)
        return errmsg_set(run->msg, ERR_IO, "%s: %s", path, strerror(errno));
    rewind(run->sent_file);
    bool is_cut = false;
    while (fgets(line, sizeof(line), run->sent_file) != NULL) {
        is_cut = strchr(line, '\n') == NULL;
        if (strlen(line) == ID_CHARS + 1 && !is_cut)
            buf_add(&run->sent, line, ID_CHARS);
    }
    if (fseek(run->sent_file, 0, SEEK_END) != 0 || (is_cut && fputc('\n', run->sent_file) < 0))
        return errmsg_set(run->msg, ERR_IO, "%s: %s", path, strerror(errno));
    if (run->sent.len > 0)
        qsort(run->sent.p, run->sent.len / ID_CHARS, ID_CHARS, compare_ids);
    return buf_error(&run->sent);
}

static bool is_here(struct str url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct str rest = str_from(url.p);
        if (str_starts(rest, str_from(hosts[i])) && strchr(":/", url.p[strlen(hosts[i])]) != NULL)
            return true;
    }
    return false;
}

static enum err make_url(struct run *run)
{
    struct str url = str_from(run->send->url);
    if (!str_starts(url, STR("https://")) && !is_here(url))
        return errmsg_set(run->msg, ERR_INVALID,
                          "%s: needs https://, unless the store is on this machine",
                          run->send->url);
    while (str_ends(url, STR("/")))
        url.len--;
    buf_add_str(&run->url, url);
    if (!str_ends(url, STR("/statements")))
        buf_add_str(&run->url, STR("/statements"));
    return buf_error(&run->url);
}

/* ---- one request ---- */

static void on_response(void *ctx, const struct sender_response *response)
{
    struct run *run = ctx;
    run->reached = response->reached;
    run->status = response->reached == SENDER_REACHED_RESPONSE ? response->status : 0;
    run->wait_s = 0;
    struct str asked = http_header_get(response->headers, response->n_headers, STR("Retry-After"));
    if (asked.p != NULL && str_to_u64(asked, MAX_ASKED_S, &run->wait_s) != ERR_OK)
        run->wait_s = MAX_ASKED_S;
    struct str said = run->status != 0 ? response->body : str_from(response->message);
    size_t n = said.len < sizeof(run->words) - 1 ? said.len : sizeof(run->words) - 1;
    for (size_t i = 0; i < n; i++) /* of somebody else's, onto a terminal */
        run->words[i] =
            (char)((unsigned char)said.p[i] < ' ' || said.p[i] == 0x7f ? ' ' : said.p[i]);
    run->words[n] = '\0';
    loop_stop(run->loop);
}

static void on_waited(void *ctx)
{
    struct run *run = ctx;
    loop_stop(run->loop);
}

static void post(struct run *run, uint32_t first, uint32_t n)
{
    const struct http_header headers[] = {
        {STR("Content-Type"), STR("application/json")},
        {STR("X-Experience-API-Version"), STR("1.0.3")},
        {STR("Authorization"), buf_str(&run->authorization)},
    };
    struct buf body CLEANUP(buf_fini);
    buf_init(&body, BATCH_BYTES + 2 * REPORT_SEND_BATCH);
    for (uint32_t i = first; i < first + n; i++) {
        buf_add_char(&body, i == first ? '[' : ',');
        buf_add(&body, run->text.p + run->batch[i].at, run->batch[i].len);
    }
    buf_add_char(&body, ']');
    const struct sender_request request = {.method = "POST",
                                           .url = buf_str(&run->url),
                                           .headers = headers,
                                           .n_headers = ARRAY_LEN(headers),
                                           .body = buf_str(&body),
                                           .timeout_ms = TIMEOUT_MS,
                                           .is_private_allowed = true,
                                           .is_insecure_allowed = is_here(buf_str(&run->url))};
    sender_post(run->sender, &request, on_response, run);
    loop_run(run->loop);
}

static bool is_later(const struct run *run)
{
    return run->status == 0 || run->status == 429 || run->status >= 500;
}

/* Until there is a response that says something else than "later". */
static enum err post_until_responded(struct run *run, uint32_t first, uint32_t n)
{
    for (uint32_t n_failures = 1;; n_failures++) {
        post(run, first, n);
        if (!is_later(run))
            return ERR_OK;
        bool is_nowhere = run->send->n_taken == 0 && run->reached == SENDER_REACHED_NOT;
        if (n_failures == (is_nowhere ? REPORT_SEND_FIRST_TRIES : REPORT_SEND_TRIES))
            return errmsg_set(run->msg, ERR_UNAVAILABLE,
                              "the store does not take statements now (%d %s); the same command "
                              "goes on from here",
                              run->status, run->words);
        int64_t wait_ms = backoff_ms(FIRST_WAIT_MS, MAX_WAIT_MS, n_failures, arc4random());
        int64_t asked_ms = (int64_t)run->wait_s * 1000;
        timer_start(run->loop, run->timer, wait_ms > asked_ms ? wait_ms : asked_ms);
        loop_run(run->loop);
    }
}

/* ---- batches ---- */

static enum err keep_taken(struct run *run, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; run->sent_file != NULL && i < first + n; i++)
        (void)fprintf(run->sent_file, "%.*s\n", (int)ID_CHARS, run->text.p + run->batch[i].at + 8);
    if (run->sent_file != NULL && (fflush(run->sent_file) != 0 || ferror(run->sent_file)))
        return errmsg_set(run->msg, ERR_IO, "%s: %s", run->send->sent, strerror(errno));
    uint64_t before = run->send->n_taken;
    run->send->n_taken += n;
    if (before / PROGRESS != run->send->n_taken / PROGRESS)
        (void)fprintf(stderr, "\r%llu statements", (unsigned long long)run->send->n_taken);
    return ERR_OK;
}

static enum err refuse(const struct run *run)
{
    return errmsg_set(run->msg, run->status == 401 || run->status == 403 ? ERR_DENIED : ERR_INVALID,
                      "the store refuses: %d %s", run->status, run->words);
}

static enum err send_batch(struct run *run)
{
    enum err e = ERR_OK;
    uint32_t size = run->n; /* of a request */
    for (uint32_t first = 0; e == ERR_OK && first < run->n;) {
        uint32_t n = size < run->n - first ? size : run->n - first;
        e = post_until_responded(run, first, n);
        if (e == ERR_OK && n > 1 && (run->status == 409 || run->status == 413)) {
            size = n / 2;
        } else if (e == ERR_OK) {
            bool is_taken = run->status / 100 == 2 || run->status == 409;
            e = is_taken ? keep_taken(run, first, n) : refuse(run);
            first += n;
        }
    }
    run->n = 0;
    buf_reset(&run->text);
    return e;
}

/* As report.statements() writes them: the id comes first. */
static enum err take_line(struct run *run, const char *line, size_t len)
{
    if (len < 8 + ID_CHARS || memcmp(line, "{\"id\": \"", 8) != 0 || line[8 + ID_CHARS] != '"')
        return errmsg_set(run->msg, ERR_INVALID,
                          "a row is no xAPI statement: export `statements` this way");
    if (is_sent(run, line + 8)) {
        run->send->n_before++;
        return ERR_OK;
    }
    enum err e =
        run->n == REPORT_SEND_BATCH || run->text.len + len > BATCH_BYTES ? send_batch(run) : ERR_OK;
    run->batch[run->n].at = run->text.len;
    run->batch[run->n++].len = len;
    buf_add(&run->text, line, len);
    return e != ERR_OK ? e : buf_error(&run->text);
}

static enum err send_lines(struct run *run, FILE *lines)
{
    enum err e = ERR_OK;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while (e == ERR_OK && (len = getline(&line, &room, lines)) > 0)
        e = take_line(run, line, (size_t)len - (line[len - 1] == '\n' ? 1 : 0));
    free(line);
    return e != ERR_OK ? e : send_batch(run);
}

enum err report_send_run(struct report_send *send, FILE *lines, struct errmsg *msg)
{
    struct run *run = xcalloc(1, sizeof(*run));
    *run = (struct run){.send = send, .msg = msg};
    buf_init(&run->url, 4096);
    buf_init(&run->authorization, 4096);
    buf_init(&run->text, BATCH_BYTES);
    buf_init(&run->sent, SENT_BYTES);
    run->loop = loop_libevent_new();
    run->sender = sender_curl_new(run->loop, 1);
    run->timer = timer_new(run->loop, on_waited, run);
    enum err e = make_url(run);
    if (e == ERR_OK)
        e = read_credentials(run);
    if (e == ERR_OK)
        e = open_sent(run);
    if (e == ERR_OK)
        e = send_lines(run, lines);
    if (run->sent_file != NULL && fclose(run->sent_file) != 0 && e == ERR_OK)
        e = errmsg_set(msg, ERR_IO, "%s: %s", send->sent, strerror(errno));
    if (send->n_taken >= PROGRESS)
        (void)fputc('\n', stderr);
    sender_free(run->sender);
    timer_free(run->loop, run->timer);
    loop_free(run->loop);
    buf_fini(&run->url);
    buf_fini(&run->authorization);
    buf_fini(&run->text);
    buf_fini(&run->sent);
    free(run);
    return e;
}
